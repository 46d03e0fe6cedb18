"""How fast statements are found, beside the bare parse, on one core and after the model is loaded.

    python -m benchmarks.statements

Reads the corpus that ships and the articles of the tests. Writes benchmarks/results/statements.json and statements.md.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assistant.actors import ActorBook
from assistant.curation.statements import StatementExtractor
from assistant.curation.statements.pieces import pieces_of
from assistant.language import Language
from assistant.paths import actors_path, stances_path
from assistant.stances import StanceBook
from benchmarks.publishing import publish

ROOT = Path(__file__).parent.parent
ROUNDS = 5


def texts() -> list[str]:
    """The documents, without their front matter."""
    files = [*ROOT.glob("corpus/*.md"), *ROOT.glob("tests/evaluation/positions*/articles/*.md")]
    return [path.read_text(encoding="utf-8").split("---\n", 2)[-1] for path in sorted(files)]


def seconds(work: Callable[[], Any]) -> float:
    """The median processor time of some rounds: other work on the machine does not count."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def main() -> None:
    """Measure, and write both files."""
    language = Language()
    extractor = StatementExtractor(language, ActorBook.load(actors_path(None)), StanceBook.load(stances_path(None)))
    documents = texts()
    words = sum(len(text.split()) for text in documents)

    def parse() -> None:
        for text in documents:
            list(language.parse_many(text[start:end] for start, end in pieces_of(text, None)))

    found = sum(len(extractor.extract(text, "2025-12-16")) for text in documents)
    parsing = seconds(parse)
    finding = seconds(lambda: [extractor.extract(text, "2025-12-16") for text in documents])
    result = {
        "documents": len(documents),
        "words": words,
        "statements": found,
        "words_per_second": round(words / finding),
        "parse_alone_words_per_second": round(words / parsing),
        "ratio_to_the_parse": round(finding / parsing, 2),
    }
    table = "| measured | value |\n|---|---|\n" + "".join(
        f"| {k.replace('_', ' ')} | {v:,} |\n" for k, v in result.items()
    )
    publish("statements", result, table)


if __name__ == "__main__":
    main()
