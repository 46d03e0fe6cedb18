"""Rows of who holds what: names, claims about others, repetition, what came later, and contradictions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.answering.conflicts import conflicts
from assistant.answering.disagreement import agreements, disagreements
from assistant.answering.position_model import Position
from assistant.answering.positions import PositionQuery
from assistant.answering.targets import TargetWeights
from assistant.errors import InvalidInput, InvalidQuestion
from assistant.index.catalog import get_version
from assistant.index.statement_queries import placed_statements
from assistant.models import Filters
from assistant.retrieval.position_question import PositionQuestion
from assistant.services import Services, open_services
from assistant.settings import load_settings
from tests.conftest import HashEncoder


def report(name: str, text: str, day: str | None, source: str = "Wire", kind: str = "news") -> tuple[str, str]:
    date = f"published_at: {day}\n" if day else ""
    return (
        f"{name}.md",
        f"---\nid: {name}\ntitle: Report\nsource: {source}\nsource_type: {kind}\n{date}---\n\n{text}\n",
    )


STORY = " ".join(
    [
        "Italy rejects an increase of the levy on grain.",
        "The statement was made at a briefing that lasted for about an hour in the capital.",
        "Reporters asked about the schedule of the next round, which has not been announced so far.",
        "Officials of several countries are expected to travel to the talks later this month.",
        "The previous round ended without an agreement on the order of the next steps.",
    ]
)

# Many small worlds in one corpus; a test sees its own by the ids of its documents.
WORLD = dict(
    [
        report("troops", "Russia rejects foreign troops in Ukraine.", "2025-12-01"),
        report("aid", "The United States offers Ukraine security guarantees.", "2025-12-02"),
        report("claim", "Kyiv says Moscow rejects the ceasefire plan.", "2025-12-01", source="B"),
        report("belief", "Washington believes Russia will accept the ceasefire plan.", "2025-12-01", source="A"),
        report("later-claim", "Kyiv says Moscow rejects the ceasefire plan.", "2025-12-05", source="B"),
        report("wish", "Moscow demanded that NATO rule out further enlargement.", "2025-12-01"),
        report("no", "Ukraine rejects the ceasefire plan.", "2025-11-01"),
        report("yes", "Ukraine accepts the ceasefire plan.", "2025-12-01"),
        report("troops-in-march", "Russia rejects foreign troops in Ukraine.", "2025-03-01"),
        report("troops-again", "Once more, Russia rejects foreign troops in Ukraine after a deal.", "2025-12-01"),
        report("troops-other-words", "Moscow rejects the presence of foreign troops in Ukraine.", "2025-12-02"),
        report("russian-no", "Russia rejects the ceasefire plan.", "2025-11-01"),
        report(
            "history",
            "Ukraine sought membership of NATO for many years. Ukraine gave up membership of NATO on 14 December 2025.",
            "2025-12-20",
            kind="background",
        ),
        report("dated", "Russia rejected the plan on 3 March 2025.", "2025-12-01"),
        report("reported", "Ukraine rejects the offer.", "2025-12-02"),
        report("undated", "Poland rejects the scheme.", None),
        report("wire", STORY, "2025-12-01"),
        report("wire-copy", STORY + " Reporting by our staff.", "2025-12-01", source="Daily"),
        report("force", "France proposes a reassurance force.", "2025-12-01"),
        report("force-backed", "Germany backs the reassurance force.", "2025-12-02"),
        report("no-force", "Russia rejects a reassurance force.", "2025-12-02"),
        report("tariff", "Russia rejects the grain export tariff.", "2025-12-02"),
    ]
)


def folder_of(root: Path) -> Path:
    folder = root / "world"
    folder.mkdir()
    for name, text in WORLD.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    root = tmp_path_factory.mktemp("positions")
    with open_services(load_settings(data_dir=root / "data"), HashEncoder()) as services:
        done = services.sync.run(folder_of(root), by="tests")
        assert not done.failed
        yield services


def seen(*ids: str, as_of: str | None = None) -> Filters:
    return Filters(document_ids=ids, as_of=as_of)


def rows(services: Services, filters: Filters | None = None, **query: object) -> list[Position]:
    asked = PositionQuery(**query, filters=filters or Filters())  # type: ignore[arg-type]
    return services.briefing.positions(asked)


def weights(services: Services, found: list[Position]) -> TargetWeights:
    with services.database.read() as connection:
        return TargetWeights.of(connection, [wording for row in found for wording in row.wordings])


def test_any_name_and_word_will_do(world: Services) -> None:
    for actor in ("Russia", "Moscow", "Kremlin", "the Kremlin", "russia", "Putin"):
        for stance in ("rejects", "opposed", "ruled out", "rule out", None):
            found = rows(world, seen("troops", "aid"), actor=actor, stance=stance)
            assert [(row.holder, row.stance, row.document_id) for row in found] == [("Russia", "rejects", "troops")]


def test_unknown_words(world: Services) -> None:
    with pytest.raises(InvalidInput, match="no stance 'juggles'"):
        rows(world, stance="juggles")
    with pytest.raises(InvalidQuestion):
        rows(world, about="?!")
    with pytest.raises(InvalidQuestion):
        rows(world, about="\ud800 troops")
    assert rows(world, actor="Atlantis") == []
    assert rows(world, actor="Japan") == []


def test_about_keeps_what_is_about_it(world: Services) -> None:
    both = seen("troops", "aid")
    assert {row.document_id for row in rows(world, both)} == {"troops", "aid"}
    assert [row.document_id for row in rows(world, both, about="foreign troops")] == ["troops"]


def test_a_claim_about_an_actor_is_never_its_own(world: Services) -> None:
    (row,) = rows(world, seen("claim"), actor="Russia")
    assert not row.own
    assert (row.claimant, row.speaker) == ("Ukraine", "Kyiv")


def test_what_is_demanded_of_an_actor_is_not_its_position(world: Services) -> None:
    assert [row.stance for row in rows(world, seen("wish"), actor="Russia")] == ["demands"]
    assert rows(world, seen("wish"), actor="NATO") == []


def test_a_later_contrary_statement_supersedes(world: Services) -> None:
    late, early = rows(world, seen("no", "yes"), actor="Ukraine")
    assert (late.stance, late.superseded_by) == ("accepts", None)
    assert early.superseded_by is not None
    assert (early.superseded_by.document_id, early.superseded_by.stated_at) == ("yes", "2025-12-01")
    assert early.superseded_by.stance == "accepts"
    before = rows(world, seen("no", "yes", as_of="2025-11-15"), actor="Ukraine")
    assert [(row.document_id, row.superseded_by) for row in before] == [("no", None)]
    # A filter on the stance does not hide what came later.
    (only,) = rows(world, seen("no", "yes"), actor="Ukraine", stance="rejects")
    assert only.superseded_by == early.superseded_by


def test_a_later_repetition_supersedes(world: Services) -> None:
    late, early = rows(world, seen("troops-in-march", "troops-again"), actor="Russia")
    assert late.document_id == "troops-again"
    assert early.superseded_by is not None
    assert early.superseded_by.document_id == "troops-again"


def test_another_speaker_supersedes_nothing(world: Services) -> None:
    found = rows(world, seen("russian-no", "belief"), actor="Russia")
    assert {row.own for row in found} == {True, False}
    assert all(row.superseded_by is None for row in found)


def test_undated_words_about_the_past_supersede_nothing(world: Services) -> None:
    by_stance = {row.stance: row for row in rows(world, seen("history"), actor="Ukraine")}
    assert by_stance["concedes"].superseded_by is None
    assert by_stance["concedes"].stated_at == "2025-12-14"
    past = by_stance["demands"]
    assert (past.stated_at, past.dated_by) == (None, None)
    assert past.superseded_by is not None
    assert past.superseded_by.stated_at == "2025-12-14"


def test_dates_are_the_text_s_or_the_report_s_or_unknown(world: Services) -> None:
    found = rows(world, seen("dated", "reported", "undated"))
    assert {row.document_id: (row.stated_at, row.dated_by) for row in found} == {
        "dated": ("2025-03-03", "text"),
        "reported": ("2025-12-02", "report"),
        "undated": (None, None),
    }


def test_reports_of_one_statement_are_one_row(world: Services) -> None:
    (row,) = rows(world, seen("troops", "troops-other-words"), actor="Russia")
    assert len(row.also) == 1
    assert len(row.origins) == 2


def test_wire_copies_are_one_origin(world: Services) -> None:
    (row,) = rows(world, seen("wire", "wire-copy"), actor="Italy", stance="rejects")
    assert len(row.also) == 1
    assert len(row.origins) == 1


def test_a_withdrawn_document_holds_nothing(services: Services, write: Callable[..., Path]) -> None:
    folder = write({name: WORLD[name] for name in ("troops.md", "aid.md")})
    services.sync.run(folder, by="tests")
    assert len(rows(services, actor="Russia")) == 1
    (folder / "troops.md").unlink()
    services.sync.run(folder, by="tests")
    assert rows(services, actor="Russia") == []


# ------------------------------------------------------------------------------------------------ contradictions


def test_actors_that_disagree_stand_side_by_side(world: Services) -> None:
    found = rows(world, seen("force", "no-force", "tariff"))
    (dispute,) = disagreements(found, weights(world, found))
    assert dispute.kind == "actors"
    assert {(p.holder, p.stance, p.stated_at) for p in (dispute.one, dispute.other)} == {
        ("France", "proposes", "2025-12-01"),
        ("Russia", "rejects", "2025-12-02"),
    }
    assert agreements(found, weights(world, found)) == []


def test_sources_that_disagree_on_one_actor(world: Services) -> None:
    found = rows(world, seen("belief", "claim"), actor="Russia")
    (dispute,) = disagreements(found, weights(world, found))
    assert dispute.kind == "sources"
    assert {dispute.one.claimant, dispute.other.claimant} == {"United States", "Ukraine"}


def test_a_change_of_mind_is_no_disagreement(world: Services) -> None:
    found = rows(world, seen("no", "yes"), actor="Ukraine")
    assert len(found) == 2
    assert disagreements(found, weights(world, found)) == []


def test_agreement_needs_two_actors(world: Services) -> None:
    found = rows(world, seen("force", "force-backed", "tariff"))
    (together,) = agreements(found, weights(world, found))
    assert {row.holder for row in together.positions} == {"France", "Germany"}


def test_a_question_is_disputed_only_where_its_own_subject_is(world: Services) -> None:
    def disputes(question: PositionQuestion, as_of: str | None = None) -> int:
        used = seen("belief", "later-claim", "force", as_of=as_of)
        with world.database.read() as connection:
            seqs = sorted({p.place.seq for p in placed_statements(connection, used, 100)})
            return len(conflicts(connection, world.briefing.finder, question, used, seqs))

    plan = "the ceasefire plan"
    assert disputes(PositionQuestion("position", actor="Russia", target=plan)) == 1
    assert disputes(PositionQuestion("position", actor="Russia", target=plan), as_of="2025-12-03") == 0
    assert disputes(PositionQuestion("position", actor="France", target=plan)) == 0
    assert disputes(PositionQuestion("everyone", target="a reassurance force")) == 0
    assert disputes(PositionQuestion("who", stance="rejects", target=plan)) == 0
    assert disputes(PositionQuestion("what", actor="Russia", stance="rejects")) == 0


# ------------------------------------------------------------------------------------------------ shipped corpus


def test_every_quotation_is_verbatim(briefing: Services) -> None:
    found = rows(briefing, limit=500)
    assert len(found) > 50
    with briefing.database.read() as connection:
        for row in found:
            for source in (row.source, *row.also):
                passage = source.retrieved.passage
                text = get_version(connection, passage.document_id, passage.version).text
                quote = passage.text[source.start - passage.start : source.end - passage.start]
                assert text[source.start : source.end] == quote
                assert quote.strip()


def test_what_russia_rejects_in_the_shipped_corpus(briefing: Services) -> None:
    found = rows(briefing, actor="the Kremlin", stance="rejects")
    own = [row for row in found if row.own and row.modality == "stated"]
    assert any(row.speaker == "Sergei Ryabkov" and "foreign troops" in row.text for row in own)
    assert all(row.speaker != "John Lough" for row in own)
    expected = [row for row in found if row.claimant == "John Lough"]
    assert expected
    assert all(row.modality == "expected" for row in expected)


def test_a_topic_is_found_by_meaning(briefing: Services) -> None:
    found = rows(briefing, about="NATO membership")
    assert {"Russia", "Ukraine", "United States"} <= {row.holder for row in found}
    sought = next(row for row in found if "sought membership" in row.text)
    assert sought.superseded_by is not None
    assert sought.superseded_by.stance == "concedes"
