"""Who a name stands for, and what happens to a curated file with slips of the pen."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.actors import ActorBook
from assistant.errors import InvalidConfiguration

ACTORS = Path(__file__).parents[2] / "corpus" / "actors.yaml"


@pytest.fixture(scope="module")
def book() -> ActorBook:
    return ActorBook.load(ACTORS)


@pytest.mark.parametrize(
    ("words", "name", "side"),
    [
        ("Moscow", "Russia", "Russia"),
        ("the Kremlin", "Russia", "Russia"),
        ("Putin", "Vladimir Putin", "Russia"),
        ("Russian Deputy Foreign Minister Sergei Ryabkov", "Sergei Ryabkov", "Russia"),
        ("a Russian diplomat", "Russia", "Russia"),
        ("Ukraine's parliament", "Ukraine", "Ukraine"),
        ("the president of Ukraine", "Ukraine", "Ukraine"),
        ("the U.S.", "United States", "United States"),
        ("U.S. officials", "United States", "United States"),
        ("European leaders", "Europe", "Europe"),
        ("Zelensky", "Volodymyr Zelenskyy", "Ukraine"),
        ("Trump’s special envoy Steve Witkoff", "Steve Witkoff", "United States"),
        # not in the file: from the country data
        ("Tokyo", "Japan", "Japan"),
        ("Japanese negotiators", "Japan", "Japan"),
        ("Nairobi", "Kenya", "Kenya"),
        ("the Brazilian government", "Brazil", "Brazil"),
        ("Brasilia", "Brazil", "Brazil"),
        ("The UAE", "United Arab Emirates", "United Arab Emirates"),
    ],
)
def test_names_offices_and_places_stand_for_their_actor(book: ActorBook, words: str, name: str, side: str) -> None:
    actor = book.resolve(words)
    assert actor is not None
    assert (actor.name, book.side_of(actor).name) == (name, side)


@pytest.mark.parametrize(
    "words",
    [
        "us",
        "turkey",
        "a former Russian diplomat",
        "a Russian opposition leader",
        "a London-based think tank focused on Russia",
        "Melania Trump",
        "Donald Trump Jr.",
        "Russian gas",
        "leaders of ethnic communities in the U.S.",
        "",
        "…",
    ],
)
def test_words_that_stand_for_nobody_known(book: ActorBook, words: str) -> None:
    assert book.resolve(words) is None


def test_find_takes_the_longest_name_and_gives_offsets(book: ActorBook) -> None:
    text = "North Korea and the White House met; South Korea's envoy told us nothing."
    found = [(text[start:end], actor.name) for start, end, actor in book.find(text)]
    assert found == [("North Korea", "North Korea"), ("White House", "United States"), ("South Korea", "South Korea")]


def test_questions_may_be_typed_in_lower_case(book: ActorBook) -> None:
    text = "what does the us want from russia, and who told us"
    assert [actor.name for _, _, actor in book.find(text, any_case=True)] == ["United States", "Russia"]
    assert book.find(text) == []


@given(st.text(max_size=300))
def test_any_text_gives_valid_offsets(text: str) -> None:
    book = _loaded()
    for any_case in (False, True):
        for start, end, _ in book.find(text, any_case=any_case):
            assert 0 <= start < end <= len(text)
    book.resolve(text)


def _loaded(cache: list[ActorBook] = []) -> ActorBook:  # noqa: B006 - one book for all examples
    if not cache:
        cache.append(ActorBook.load(ACTORS))
    return cache[0]


GOOD = "  - {id: ruritania, name: Ruritania, kind: state, aliases: [RUR]}\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (GOOD + "  - {id: borduria, name: Borduria, kind: state, aliases: [RUR]}\n", "stands for both"),
        (GOOD + "  - {id: ruritania, name: Other, kind: state}\n", "used twice"),
        (GOOD + "  - {id: x, name: X Person, kind: person, side: nowhere}\n", "unknown side"),
        (
            "  - {id: a, name: Aland Body, kind: organisation, side: b}\n"
            "  - {id: b, name: Beland Body, kind: organisation, side: a}\n",
            "circle",
        ),
        ("  - {id: a, name: Aland Body, kind: organisation, side: a}\n", "circle"),
        ("  - {id: a, name: A Thing, kind: planet}\n", "kind"),
        ("  - {id: a, name: A Thing, kind: state, alias: [B]}\n", "unknown key"),
        ("  - {id: a, name: A Thing, kind: state, country: Atlantis}\n", "country"),
        ("  - {id: A b, name: A Thing, kind: state}\n", "not usable"),
        ("  - {id: a, name: A Thing, kind: state, aliases: [no]}\n", "list of texts"),
        ("  - {id: a, id: b, name: A Thing, kind: state}\n", "stands twice"),
        ("  - &x {id: a, name: A Thing, kind: state}\n  - *x\n", "anchors"),
        ("  - just text\n", "not an actor"),
        ("  - {id: a, name: A Thing\n", "line"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(tmp_path: Path, body: str, said: str) -> None:
    path = tmp_path / "actors.yaml"
    path.write_text("actors:\n" + body, encoding="utf-8")
    with pytest.raises(InvalidConfiguration) as error:
        ActorBook.load(path)
    assert said in error.value.detail
    assert "line" in error.value.detail
    assert str(path) in error.value.detail
    assert error.value.hint


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"- 1\n", b"actors: 3\n"])
def test_a_file_that_is_no_actor_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "actors.yaml"
    path.write_bytes(content)
    with pytest.raises(InvalidConfiguration):
        ActorBook.load(path)
    with pytest.raises(InvalidConfiguration, match="cannot be read"):
        ActorBook.load(tmp_path / "missing.yaml")


def test_an_entry_wins_over_the_country_data(tmp_path: Path) -> None:
    path = tmp_path / "actors.yaml"
    path.write_text(
        "actors:\n  - {id: paris-club, name: Paris Club, kind: group, metonyms: [Paris]}\n", encoding="utf-8"
    )
    book = ActorBook.load(path)
    assert (actor := book.resolve("Paris")) is not None and actor.name == "Paris Club"
    assert (actor := book.resolve("France")) is not None and actor.name == "France"
