"""Who says what, in sentences as news agencies write them; the events are invented."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.actors import ActorBook
from assistant.curation.statements import StatementExtractor
from assistant.language import Language
from assistant.models import Block, Statement
from assistant.stances import StanceBook

CORPUS = Path(__file__).parents[2] / "corpus"
PUBLISHED = "2025-12-16"  # a Tuesday

Extract = Callable[[str], tuple[Statement, ...]]


@pytest.fixture(scope="module")
def extractor() -> StatementExtractor:
    return StatementExtractor(
        Language(), ActorBook.load(CORPUS / "actors.yaml"), StanceBook.load(CORPUS / "stances.yaml")
    )


@pytest.fixture(scope="module")
def extract(extractor: StatementExtractor) -> Extract:
    return lambda text: extractor.extract(text, PUBLISHED)


# a text, and of each statement in it: speaker, speaker's side, holder, stance, modality, part of the target
Row = tuple[str | None, str | None, str | None, str | None, str, str]
SHAPES: list[tuple[str, list[Row]]] = [
    # direct quotations
    (
        "“We will not accept any ceasefire on these terms,” Lavrov said on Tuesday.",
        [("Sergey Lavrov", "Russia", "Russia", "rejects", "stated", "any ceasefire")],
    ),
    (
        "“The proposal is unacceptable,” said Kenyan President Daniel Otieno.",
        [("Daniel Otieno", "Kenya", "Kenya", "rejects", "stated", "The proposal")],
    ),
    (
        '"The agreement cannot include a naval base," Modi said.',
        [("Narendra Modi", "India", "India", "rejects", "stated", "a naval base")],
    ),
    (
        "“We cannot agree to a pause,” army spokesman Brig. Gen. Nabil Osman told reporters.",
        [("Nabil Osman", "Nabil Osman", "Nabil Osman", "rejects", "stated", "a pause")],
    ),
    # officials whose side stands behind their name, and bodies called by their noun
    (
        "“We will not pay,” said Anna Rovik, Norway's chief negotiator.",
        [("Anna Rovik", "Norway", "Norway", "rejects", "stated", "")],
    ),
    (
        "According to the ministry's spokeswoman, Hilda Brekke, Norway opposes the cut.",
        [("Hilda Brekke", "Hilda Brekke", "Norway", "rejects", "stated", "the cut")],
    ),
    (
        "The fourth point calls for a release of prisoners. The fifth point calls for a withdrawal.",
        [
            ("The fourth point", "The fourth point", "The fourth point", "demands", "stated", "a release"),
            ("The fifth point", "The fifth point", "The fifth point", "demands", "stated", "a withdrawal"),
        ],
    ),
    (
        "The Stone Bridge Commission met. A commission official said the commission opposes the toll.",
        [
            (
                "A commission official",
                "A commission official",
                "Stone Bridge Commission",
                "rejects",
                "stated",
                "the toll",
            )
        ],
    ),
    # every position of a speech, not only the first
    (
        "“We refuse to sign. We demand an apology,” Lavrov said.",
        [
            ("Sergey Lavrov", "Russia", "Russia", "rejects", "stated", ""),
            ("Sergey Lavrov", "Russia", "Russia", "demands", "stated", "an apology"),
        ],
    ),
    (
        "“The talks were long,” Lavrov said. “They are over. We demand an apology.”",
        [("Sergey Lavrov", "Russia", "Russia", "demands", "stated", "an apology")],
    ),
    # what is demanded of another is not what the other holds
    (
        "Putin demanded that Kyiv abandon its plans.",
        [("Vladimir Putin", "Russia", "Russia", "demands", "stated", "abandon its plans")],
    ),
    # not so far is no refusal
    ("Norway has not accepted the plan.", [("Norway", "Norway", "Norway", "accepts", "negated", "the plan")]),
    (
        "Norway stopped short of rejecting the fund.",
        [("Norway", "Norway", "Norway", "rejects", "negated", "the fund")],
    ),
    # the words of others, in quotation marks, by an agent
    (
        "The force was described as “a clear red line for Moscow” by Daniel Otieno.",
        [("Daniel Otieno", "Daniel Otieno", "Russia", "rejects", "expected", "The force")],
    ),
    # the day between a verb and its object
    (
        "Norway called on Thursday for an end to the talks.",
        [("Norway", "Norway", "Norway", "demands", "stated", "an end")],
    ),
    # officials without their country, in a report from its capital
    (
        "OSLO, Dec. 15 (Wire) - Trade Minister Kari Lund rejected the duty.",
        [("Kari Lund", "Norway", "Norway", "rejects", "stated", "the duty")],
    ),
    (
        "OSLO, Dec. 15 (Wire) - Sweden waits. “We reject the duty,” Trade Minister Kari Lund said.",
        [("Kari Lund", "Kari Lund", "Kari Lund", "rejects", "stated", "the duty")],
    ),
    # whose decision is open
    (
        "Whether Norway will join the pact is an open question.",
        [(None, None, "Norway", "undecided", "stated", "Whether Norway will join the pact")],
    ),
    # split quotations and quotations over several sentences
    (
        "“We are ready,” said Peskov, “to extend the truce.”",
        [("Dmitry Peskov", "Russia", "Russia", "offers", "stated", "")],
    ),
    (
        "“We support the plan,” Macron said. “We will send observers. They will stay.”",
        [("Emmanuel Macron", "France", "France", "supports", "stated", "the plan")],
    ),
    # according to
    (
        "According to Turkish officials, Iran has agreed to the inspections.",
        [("Turkish officials", "Turkey", "Iran", "accepts", "stated", "the inspections")],
    ),
    (
        "Egypt will reject the dam agreement, according to analyst Mona Hassan.",
        [("Mona Hassan", "Mona Hassan", "Egypt", "rejects", "expected", "the dam agreement")],
    ),
    # passives
    ("The plan was rejected by Moscow.", [("Moscow", "Russia", "Russia", "rejects", "stated", "The plan")]),
    (
        "A ceasefire proposal has been accepted by Khartoum.",
        [("Khartoum", "Sudan", "Sudan", "accepts", "stated", "proposal")],
    ),
    (
        "Kyiv has been offered guarantees by Washington.",
        [("Washington", "United States", "United States", "offers", "stated", "guarantees")],
    ),
    # told somebody that
    (
        "Netanyahu told CBS that Israel opposes the deal.",
        [("Benjamin Netanyahu", "Israel", "Israel", "rejects", "stated", "the deal")],
    ),
    # claims about another actor
    ("Kyiv says Moscow rejects the ceasefire.", [("Kyiv", "Ukraine", "Russia", "rejects", "stated", "the ceasefire")]),
    (
        "Zelenskyy said Russia had refused to return the children.",
        [("Volodymyr Zelenskyy", "Ukraine", "Russia", "rejects", "stated", "to return the children")],
    ),
    ("Iran claims that Israel has accepted the terms.", [("Iran", "Iran", "Israel", "accepts", "stated", "the terms")]),
    (
        "Rutte said China supports the war effort.",
        [("Mark Rutte", "NATO", "China", "supports", "stated", "the war effort")],
    ),
    # forecasts of what another actor will do
    (
        "Analyst Jane Porter said Putin is unlikely to accept the plan.",
        [("Jane Porter", "Jane Porter", "Russia", "rejects", "expected", "the plan")],
    ),
    (
        "The official believes Tehran will agree to talks.",
        [("The official", "The official", "Iran", "accepts", "expected", "talks")],
    ),
    (
        "Experts doubt that Hungary will approve the package.",
        [("Experts", "Experts", "Hungary", "rejects", "expected", "the package")],
    ),
    (
        "“I don’t think Russia will agree to that,” said Martin Weller.",
        [("Martin Weller", "Martin Weller", "Russia", "rejects", "expected", "that")],
    ),
    (
        "Foreign bases are a red line for Caracas, said Lucia Marin, a historian.",
        [("Lucia Marin", "Lucia Marin", "Venezuela", "rejects", "expected", "Foreign bases")],
    ),
    ("Moscow is expected to reject the proposal.", [(None, None, "Russia", "rejects", "expected", "the proposal")]),
    (
        "The Kremlin is unlikely to support the resolution.",
        [(None, None, "Russia", "rejects", "expected", "resolution")],
    ),
    # negation
    ("Serbia does not accept the ruling.", [("Serbia", "Serbia", "Serbia", "rejects", "stated", "the ruling")]),
    (
        "Merz would not rule out sending missiles.",
        [("Friedrich Merz", "Germany", "Germany", "rejects", "negated", "sending missiles")],
    ),
    ("Spain has not rejected the idea.", [("Spain", "Spain", "Spain", "rejects", "negated", "the idea")]),
    ("Canada refused to rule out tariffs.", [("Canada", "Canada", "Canada", "rejects", "negated", "tariffs")]),
    (
        "Hungary refused to support the sanctions.",
        [("Hungary", "Hungary", "Hungary", "rejects", "stated", "sanctions")],
    ),
    # conditions
    (
        "Orbán said Hungary would back the loan if Brussels released the funds.",
        [("Viktor Orbán", "Hungary", "Hungary", "supports", "conditional", "the loan")],
    ),
    (
        "Turkey will accept the bid if its conditions are met.",
        [(None, None, "Turkey", "accepts", "conditional", "the bid")],
    ),
    # questions
    (
        "It is not clear whether Ankara will accept the proposal.",
        [(None, None, "Turkey", "accepts", "asked", "the proposal")],
    ),
    (
        "Reporters asked whether India would reject the treaty.",
        [("Reporters", "Reporters", "India", "rejects", "asked", "treaty")],
    ),
    # demands, offers, proposals, promises, denials, accusations, warnings
    (
        "Tokyo called for an emergency session.",
        [("Tokyo", "Japan", "Japan", "demands", "stated", "an emergency session")],
    ),
    (
        "Germany urged Moscow to return to talks.",
        [("Germany", "Germany", "Germany", "demands", "stated", "to return to talks")],
    ),
    (
        "Lula's envoy offered mediation. Brazil offered to host the summit.",
        [("Brazil", "Brazil", "Brazil", "offers", "stated", "to host")],
    ),
    (
        "European leaders proposed a peacekeeping force.",
        [("European leaders", "Europe", "Europe", "proposes", "stated", "a peacekeeping force")],
    ),
    ("Xi pledged to deepen trade.", [("Xi Jinping", "China", "China", "promises", "stated", "to deepen trade")]),
    ("Iran denied supplying drones.", [("Iran", "Iran", "Iran", "denies", "stated", "supplying drones")]),
    (
        "Armenia accused Azerbaijan of shelling border villages.",
        [("Armenia", "Armenia", "Armenia", "accuses", "stated", "of shelling border villages")],
    ),
    (
        "Meloni warned that the deal would fail.",
        [("Giorgia Meloni", "Italy", "Italy", "warns", "stated", "the deal would fail")],
    ),
    # concessions
    (
        "Colombia abandoned its claim to the reef.",
        [("Colombia", "Colombia", "Colombia", "concedes", "stated", "its claim")],
    ),
    ("Cuba gave up its veto.", [("Cuba", "Cuba", "Cuba", "concedes", "stated", "its veto")]),
    (
        "Athens made concessions on fishing rights.",
        [("Athens", "Greece", "Greece", "concedes", "stated", "fishing rights")],
    ),
    # pronouns and titles
    (
        "Chilean President Laura Vega arrived on Monday. She rejected the proposal.",
        [("Laura Vega", "Chile", "Chile", "rejects", "stated", "the proposal")],
    ),
    (
        "A French official briefed reporters. The official added that Paris opposes the ban.",
        [("A French official", "France", "France", "rejects", "stated", "the ban")],
    ),
    (
        "Trump met Xi in Busan. The American leader said he would accept the invitation.",
        [("Donald Trump", "United States", "United States", "accepts", "stated", "the invitation")],
    ),
    (
        "Egypt urged calm. Its foreign minister, Badr Hassan, ruled out any deal that splits the country.",
        [("Badr Hassan", "Egypt", "Egypt", "rejects", "stated", "any deal")],
    ),
    (
        "France welcomed the offer. Its ambassador to the United Nations, Claire Dubois, warned against delay.",
        [("Claire Dubois", "France", "France", "warns", "stated", "delay")],
    ),
    # open questions
    (
        "The status of the port remains unresolved.",
        [(None, None, None, "undecided", "stated", "The status of the port")],
    ),
    ("Italy has yet to take a position on the loan.", [("Italy", "Italy", "Italy", "undecided", "stated", "")]),
    # several at once
    (
        "Warsaw backed the plan but Budapest rejected it.",
        [
            ("Warsaw", "Poland", "Poland", "supports", "stated", "the plan"),
            ("Budapest", "Hungary", "Hungary", "rejects", "stated", "it"),
        ],
    ),
    (
        "France and Germany support the mission.",
        [
            ("France", "France", "France", "supports", "stated", "the mission"),
            ("Germany", "Germany", "Germany", "supports", "stated", "the mission"),
        ],
    ),
    (
        "Peskov said Russia welcomed the idea but opposed the timeline.",
        [
            ("Dmitry Peskov", "Russia", "Russia", "supports", "stated", "the idea"),
            ("Dmitry Peskov", "Russia", "Russia", "rejects", "stated", "the timeline"),
        ],
    ),
    # comment clauses inside and after what is said
    (
        "The ministry will also reject the audit, he said, and will likely ask for a delay.",
        [("he", "he", "The ministry", "rejects", "expected", "the audit")],
    ),
]


@pytest.mark.parametrize(("text", "rows"), SHAPES, ids=[text[:60] for text, _ in SHAPES])
def test_shapes(extract: Extract, text: str, rows: list[Row]) -> None:
    statements = extract(text)
    shown = [(s.speaker, s.speaker_actor, s.holder, s.stance, s.modality, s.target) for s in statements]
    for speaker, side, holder, stance, modality, target in rows:
        assert any(
            row[:5] == (speaker, side, holder, stance, modality) and target in (row[5] or "") for row in shown
        ), shown


ABOUT_OTHERS = [
    "Kyiv says Moscow rejects the ceasefire.",
    "According to Poland, Belarus will accept the deal.",
    "“Tehran opposes the treaty,” a U.S. diplomat told reporters.",
    "The treaty, Starmer said, was rejected by Beijing.",
    "Paris believes Rome will give up its claim.",
    "“Japan has abandoned the talks,” said a Korean envoy, “and denies it.”",
]


@pytest.mark.parametrize("text", ABOUT_OTHERS)
def test_a_claim_about_an_actor_is_never_that_actors_own_statement(extract: Extract, text: str) -> None:
    statements = extract(text)
    about = [s for s in statements if s.stance is not None]
    assert about
    for statement in about:
        assert statement.speaker_actor is not None
        assert statement.speaker_actor != statement.holder


def test_offsets_are_those_of_the_text(extract: Extract) -> None:
    text = (
        "NAIROBI (Agency) — “The plan — all of it — is dead,” Kenyan envoy Peter Kamau said Monday.\n\nHe blamed Cairo."
    )
    statements = extract(text)
    said = statements[0]
    assert said.speaker_start is not None
    assert text[said.start : said.end] == "“The plan — all of it — is dead,”"
    assert text[said.speaker_start : said.speaker_end] == "Kenyan envoy Peter Kamau"
    assert (said.cue, said.quoted, said.date) == ("said", True, "2025-12-15")
    blamed = statements[-1]
    assert (blamed.speaker, blamed.stance) == ("Peter Kamau", "accuses")
    assert text[blamed.speaker_start : blamed.speaker_end] == "He"


def test_a_quotation_goes_on_into_the_next_sentence(extract: Extract) -> None:
    text = '"We are tired," Polish envoy Ewa Kos said. "We want an answer."'
    assert {text[s.start : s.end] for s in extract(text)} == {text} or [
        text[s.start : s.end] for s in extract(text)
    ] == ['"We are tired,"', '"We want an answer."']
    assert {s.speaker for s in extract(text)} == {"Ewa Kos"}


def test_a_quotation_left_open_goes_on_in_the_next_paragraph(extract: Extract) -> None:
    text = "“Our patience is at an end,” Lavrov said. “We have waited for years.\n\n“We reject this ultimatum.”"
    last = extract(text)[-1]
    assert (last.speaker, last.holder, last.stance) == ("Sergey Lavrov", "Russia", "rejects")
    assert text[last.start : last.end] == "“We reject this ultimatum.”"


def test_a_paragraph_may_announce_the_next(extract: Extract) -> None:
    text = "Chilean Foreign Minister Rosa Pinto continued:\n\n“We oppose the quota.”"
    (statement,) = (s for s in extract(text) if s.quoted)
    assert (statement.speaker, statement.speaker_actor, statement.stance) == ("Rosa Pinto", "Chile", "rejects")


def test_a_quotation_without_a_speaker_is_nobodys(extract: Extract) -> None:
    text = "“We oppose the quota,” Modi said.\n\n“This is somebody else entirely.”"
    assert all(text[s.start : s.end] != "“This is somebody else entirely.”" for s in extract(text))


def test_signed_and_labelled_quotations(extract: Extract) -> None:
    signed, labelled = "“This harbour was promised to us all.” — Ana Prado", "Peskov: No date has been agreed"
    assert [s.speaker for s in extract(signed)] == ["Ana Prado"]
    assert [(s.speaker, s.speaker_actor) for s in extract(labelled)] == [("Dmitry Peskov", "Russia")]


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("on Monday", "2025-12-15"),
        ("Tuesday", "2025-12-16"),
        ("last Tuesday", "2025-12-09"),
        ("on Wednesday", "2025-12-10"),
        ("yesterday", "2025-12-15"),
        ("on 3 December", "2025-12-03"),
        ("on Dec. 30", "2024-12-30"),
        ("on March 4, 2024", "2024-03-04"),
        ("in a hurry", None),
    ],
)
def test_days_are_resolved_against_the_publication(extract: Extract, words: str, day: str | None) -> None:
    statements = extract(f"The Brazilian foreign minister said {words} that the talks had failed.")
    assert [s.date for s in statements] == [day]


def test_without_a_publication_date_relative_days_stay_open(extractor: StatementExtractor) -> None:
    text = "Modi said Monday that the talks had failed. Xi said on 3 May 2024 that they had not."
    assert [s.date for s in extractor.extract(text, None)] == [None, "2024-05-03"]
    assert extractor.extract(text, "not a date")[1].date == "2024-05-03"


def test_deadlines_are_not_the_day_of_the_statement(extract: Extract) -> None:
    assert [s.date for s in extract("Poland wants a decision by Friday.")] == [None]


def test_blocks_bound_what_is_read(extractor: StatementExtractor) -> None:
    text = "Modi rejected the deal.\nXi rejected the deal."
    second = text.index("Xi")
    blocks = [Block(0, second - 1, kind="code"), Block(second, len(text))]
    assert [s.holder for s in extractor.extract(text, None, blocks)] == ["China"]
    assert extractor.extract(text, None, [Block(-5, 10_000)]) != ()


def test_whoever_is_asked_demands_nothing(extract: Extract) -> None:
    statements = extract("Asked for further comment on the talks, the White House gave no immediate reply.")
    assert [s for s in statements if s.stance == "demands"] == []


def test_governments_speak_for_their_countries(extract: Extract) -> None:
    (statement,) = extract("European governments welcomed the result of the talks.")
    assert (statement.holder, statement.stance) == ("Europe", "supports")


def test_declining_to_comment_is_no_position(extract: Extract) -> None:
    (statement,) = extract("The Danish ministry declined to comment.") or (None,)
    assert statement is None or statement.stance is None


def test_the_same_text_gives_the_same_statements(extract: Extract) -> None:
    text = "\n".join(text for text, _ in SHAPES[:20])
    assert extract(text) == extract(text)
