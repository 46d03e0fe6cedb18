"""Questions of fact: the assistant beside LangChain's usual recipe, on the same data in the same run.

    python -m benchmarks.naive_questions DATA… [--data-dir DIR]

DATA are folders with corpus.jsonl and queries.jsonl (docs/quality.md). The recipe is that of ``benchmarks/naive.py``;
its answer is the nearest chunks, cited whole, and it never refuses. Its ranking goes as deep as the assistant's. Prints
a table of the figures of both with their intervals.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import click
from langchain_chroma import Chroma

from assistant.evaluation import questions
from assistant.evaluation.datasets import Query, QuestionSet, read_dataset
from assistant.evaluation.measures import Estimate, Measure, estimate
from assistant.evaluation.questions import AskedQuery
from assistant.evaluation.run import evaluate
from assistant.models import (
    Answer,
    AnswerSentence,
    AnswerStatus,
    Citation,
    Metadata,
    Passage,
    QuestionReading,
    RetrievedPassage,
)
from assistant.settings import load_settings
from benchmarks import naive


def answered(store: Chroma, query: Query) -> AskedQuery:
    """What the recipe makes of a question."""
    within = {"document_id": {"$in": list(query.pool)}} if query.pool else None
    found = store.similarity_search_with_score(query.text, k=questions.RETRIEVED, filter=within)
    passages = tuple(
        RetrievedPassage(
            Passage(str(place), document.metadata["document_id"], 1, place, 0, 0, document.page_content, (), ()),
            Metadata(),
            -distance,
            -distance,
            0.0,
        )
        for place, (document, distance) in enumerate(found)
    )
    shown = passages[: naive.NEAREST]
    citations = tuple(
        Citation(number, item.passage.document_id, 1, item.passage.id, Metadata(), item.passage.text, "", "", 0, 0)
        for number, item in enumerate(shown, 1)
    )
    sentences = tuple(AnswerSentence(citation.quote, (citation.number,)) for citation in citations)
    answer = Answer(
        AnswerStatus.ANSWERED, sentences, citations, passages, QuestionReading(query.text, query.text), support=1.0
    )
    return AskedQuery(query, answer)


def recipe(dataset: QuestionSet, folder: Path) -> list[Measure]:
    """The recipe's figures on a data set."""
    rows = [json.loads(line) for line in dataset.corpus.read_text("utf-8").splitlines() if line.strip()]
    store = naive.build(((str(row["doc_id"]), str(row["text"])) for row in rows), folder)
    return questions.measures_of([answered(store, query) for query in dataset.queries])


def table(name: str, ours: list[Measure], theirs: list[Measure]) -> str:
    """Both beside each other."""
    other = {measure.key: estimate(measure) for measure in theirs}
    lines = [f"## {name}", "", "| figure | assistant | usual recipe |", "|---|---|---|"]
    lines += [
        f"| {measure.name} | {_shown(estimate(measure))} | {_shown(other.get(measure.key))} |"
        for measure in ours
        if not measure.group
    ]
    return "\n".join(lines) + "\n"


def _shown(found: Estimate | None) -> str:
    return f"{found.value:.3f} ({found.low:.3f} – {found.high:.3f})" if found else "–"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--data-dir", type=Path, help="keep the assistant's corpora here")
    arguments = parser.parse_args()
    datasets = [read_dataset(folder) for folder in arguments.folders]
    with tempfile.TemporaryDirectory() as temporary:
        place = arguments.data_dir or Path(temporary) / "assistant"
        report = evaluate(arguments.folders, load_settings(data_dir=place), (), lambda _what, _done, _of: None)
        for dataset, result in zip(datasets, report.results, strict=True):
            if isinstance(dataset, QuestionSet):
                theirs = recipe(dataset, Path(temporary) / dataset.name)
                click.echo(table(dataset.name, list(result.measures), theirs))


if __name__ == "__main__":
    main()
