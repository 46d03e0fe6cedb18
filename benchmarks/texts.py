"""Made-up news reports of any number: who said what, when and where, with headings, figures, quotations and dates.

Report ``n`` is the same in every run, and so are the questions. Turns of phrase come from texts.yaml; names of people
and places are put together from two of its lists. Earlier entries of every list are used more often, so that there are
words that stand in a third of the passages, as in a real corpus, and words that stand in few. Each sentence knows a
question that it answers and who says what in it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml

SEED = 2025
KINDS = ("deed", "deed", "deed", "reported", "told", "told")  # of sentences
WAYS_OF_TELLING = ("quoted", "reported", "that", "according")
UNANSWERABLE = 5  # of so many questions one has no answer

PARTS: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Said:
    """Who says what in a sentence, as the extractor names it; the span is in the sentence."""

    speaker: str
    cue: str
    start: int
    end: int
    holder: str
    stance: str
    target: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, a question that it answers, and who says what in it."""

    text: str
    question: str
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """What stands below one heading."""

    heading: str
    paragraphs: tuple[tuple[Sentence, ...], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One document."""

    id: str
    title: str
    source: str
    published_at: str
    topic: str
    sections: tuple[Section, ...]

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """All of them, in order."""
        return tuple(s for section in self.sections for paragraph in section.paragraphs for s in paragraph)

    @property
    def markdown(self) -> str:
        """As a file with front matter."""
        head = {"id": self.id, "title": f'"{self.title}"', "source": self.source, "source_type": "news"}
        head |= {"published_at": self.published_at, "topics": f"[{self.topic}]"}
        lines = ["---", *(f"{name}: {value}" for name, value in head.items()), "---"]
        for section in self.sections:
            lines += ["", f"## {section.heading}"]
            for paragraph in section.paragraphs:
                lines += ["", " ".join(sentence.text for sentence in paragraph)]
        return "\n".join(lines) + "\n"


def report(number: int) -> Report:
    """The report of that number: 400 to 1,000 words."""
    chance = random.Random(f"{SEED} {number}")
    topic = chance.choice(list(PARTS["topics"]))
    writing = _Writing(chance, PARTS["topics"][topic])
    headings = chance.sample(PARTS["headings"], chance.randint(3, 4))
    sections = tuple(writing.section(heading) for heading in headings)
    day = f"20{chance.randint(14, 25)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    title = f"{writing.actors[0]} and {writing.places[0]}: {_bare(chance.choice(writing.targets))}"
    return Report(f"report-{number:07}", title, chance.choice(PARTS["sources"]), day, topic, sections)


def write_folder(folder: Path, reports: int) -> None:
    """A folder of the first ``reports`` reports as Markdown files with front matter."""
    folder.mkdir(parents=True)
    for number in range(reports):
        made = report(number)
        (folder / f"{made.id}.md").write_text(made.markdown, encoding="utf-8")


def questions(reports: int, wanted: int, seed: int = SEED) -> list[str]:
    """Different questions about the first ``reports`` reports; every fifth has no answer in any."""
    chance = random.Random(f"questions {seed}")
    found: dict[str, None] = {}
    while len(found) < wanted:
        if len(found) % UNANSWERABLE == UNANSWERABLE - 1:
            values = {"name": f"{chance.choice(PARTS['first_names'])} {_name(chance)}", "place": _name(chance)}
            question = chance.choice(PARTS["nowhere"]).format_map(values)
        else:
            question = chance.choice(report(chance.randrange(reports)).sentences).question
        found.setdefault(question)
    return list(found)


class _Writing:
    """The people, places and things of one report, and sentences about them."""

    def __init__(self, chance: random.Random, topic: dict[str, list[str]]) -> None:
        self._chance = chance
        self.targets, self._things, self._units = topic["targets"], topic["things"], topic["units"]
        self.places = [_name(chance) for _ in range(4)]
        self.actors = list(dict.fromkeys(self._one_of(PARTS["actors"]) for _ in range(4)))
        self._people = [f"{chance.choice(PARTS['first_names'])} {_name(chance)}" for _ in range(4)]
        self._offices = [chance.choice(PARTS["offices"]) for _ in self._people]

    def section(self, heading: str) -> Section:
        """Two or three paragraphs below a heading."""
        return Section(heading.format(place=self._chance.choice(self.places)), tuple(self._paragraphs()))

    def _paragraphs(self) -> Iterator[tuple[Sentence, ...]]:
        for _ in range(self._chance.randint(2, 3)):
            yield tuple(self._sentence() for _ in range(self._chance.randint(3, 5)))

    def _sentence(self) -> Sentence:
        values = self._values()
        kind = self._chance.choice(KINDS)
        if kind == "told":
            return self._told(values)
        if kind == "reported":
            entry = self._one_of(PARTS["reported"])
            text, question = entry["text"], entry["question"]
        else:
            parts = {"subject": "subjects", "deed": "deeds", "object": "objects", "way": "ways"}
            values |= {name: self._one_of(PARTS[many]).format_map(values) for name, many in parts.items()}
            text, question = "{subject} {deed} {object} {way}", self._chance.choice(PARTS["deed_questions"])
        return Sentence(f"{_capital(text.format_map(values))}.", _capital(question.format_map(values)))

    def _told(self, values: dict[str, str]) -> Sentence:
        """What somebody says: in their own words, as others report it, or according to them."""
        claim = self._one_of(PARTS["claims"])
        reason, when = (self._one_of(PARTS[many]).format_map(values) for many in ("reasons", "told_when"))
        way = self._chance.choice(WAYS_OF_TELLING)
        words = f"{claim['own' if way == 'quoted' else 'told'].format_map(values)} {reason}".strip()
        if way in ("quoted", "reported"):
            words = _capital(words)
        who = values["speaker"]
        before, cue, after = {
            "quoted": ("“", "said", f",” {who}, said {when}."),
            "reported": ("", "said", f", {who}, said {when}."),
            "that": (f"{who}, said {when} that ", "said", "."),
            "according": (f"According to {who}, ", "according to", "."),
        }[way]
        span = len(before), len(before) + len(words)
        said = Said(who, cue, *span, values["holder"], claim["stance"], values["target"], way == "quoted")
        return Sentence(before + words + after, _capital(claim["question"].format_map(values)), said)

    def _values(self) -> dict[str, str]:
        """What a sentence may be about."""
        chance = self._chance
        actor = chance.choice(self.actors)
        others = [other for other in self.actors if other != actor] or self.places[:1]
        person = chance.randrange(len(self._people))
        name, office = self._people[person], self._offices[person]
        target = chance.choice(self.targets)
        thing, another = chance.sample(self._things, 2)
        return {
            "actor": _written(actor),
            "holder": actor,
            "other": _written(chance.choice(others)),
            "name": name,
            "last": name.split()[-1],
            "speaker": f"{name}, the {office} of {_written(actor)}",
            "office": office,
            "target": target,
            "plain": _bare(target),
            "thing": thing,
            "thing2": another,
            "units": chance.choice(self._units),
            "place": chance.choice(self.places),
            "place2": _name(chance),
            "body": chance.choice(PARTS["bodies"]),
            "day": chance.choice(PARTS["weekdays"]),
            "date": f"{chance.randint(1, 28)} {chance.choice(PARTS['months'])} {chance.randint(2012, 2025)}",
            "n": f"{chance.randint(3, 9_999):,}",
            "m": str(chance.randint(2, 98)),
        }

    def _one_of(self, choices: Sequence[T]) -> T:
        return choices[_rank(self._chance, len(choices))]


def _rank(chance: random.Random, count: int) -> int:
    """A place in a list, an early one more often."""
    return int(count * chance.random() ** 2)


def _name(chance: random.Random) -> str:
    names = _names()
    return names[_rank(chance, len(names))]


@lru_cache(maxsize=1)
def _names() -> tuple[str, ...]:
    """Thousands, the same in every run."""
    made = [first + last for first in PARTS["name_beginnings"] for last in PARTS["name_endings"]]
    random.Random(SEED).shuffle(made)
    return tuple(made)


def _written(actor: str) -> str:
    return f"the {actor}" if actor in PARTS["with_article"] else actor


def _bare(phrase: str) -> str:
    """Without its article."""
    return phrase.removeprefix("the ").removeprefix("a ").removeprefix("an ")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
