"""Briefs: what is in them, that every line is cited, that they come out the same, and how they are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answering.brief_model import (
    BOTTOM_LINE,
    GAPS,
    OPEN,
    POSITIONS,
    SOURCES,
    TIMELINE,
    Brief,
    BriefRequest,
    BriefSection,
    brief_of,
)
from assistant.answering.topic import MAX_TOPIC_CHARS
from assistant.errors import InvalidQuestion, NotFound, TooLarge
from assistant.index.catalog import get_version
from assistant.models import Filters
from assistant.services import Services

TOPIC = "NATO membership"


@pytest.fixture(scope="module")
def brief(briefing: Services) -> Brief:
    return briefing.briefing.brief(BriefRequest(TOPIC, since="2025-12-10"))


def section(brief: Brief, heading: str) -> BriefSection:
    return next(found for found in brief.sections if found.heading.startswith(heading))


def test_the_sections_come_in_order(brief: Brief) -> None:
    headings = [found.heading for found in brief.sections]
    assert headings == [
        "Bottom line",
        "Positions by actor",
        "Agreements and disagreements",
        "Timeline",
        "What changed since 10 December 2025",
        "Gaps",
        "Sources",
    ]


def test_every_line_is_cited_and_every_citation_is_verbatim(brief: Brief, briefing: Services) -> None:
    numbers: list[int] = []
    for found in brief.sections:
        for item in found.items:
            assert item.citations or found.heading == GAPS, item.text
            numbers += item.citations
    assert set(numbers) == {citation.number for citation in brief.citations}
    # In the order of first use, so that notes number themselves.
    assert list(dict.fromkeys(numbers)) == sorted(set(numbers))
    with briefing.database.read() as connection:
        for citation in brief.citations:
            text = get_version(connection, citation.document_id, citation.version).text
            assert text[citation.start : citation.end] == citation.quote


def test_lines_are_made_of_the_sources_own_sentences(brief: Brief) -> None:
    quotes = {citation.number: " ".join(citation.quote.split()) for citation in brief.citations}
    for found in brief.sections:
        if found.heading in (GAPS, SOURCES):
            continue
        for item in found.items:
            assert any(quotes[number] in item.text for number in item.citations), item.text


def test_positions_stand_by_actor(brief: Brief) -> None:
    items = section(brief, POSITIONS).items
    assert {"Russia", "Ukraine", "United States"} <= {item.group for item in items}
    groups = [item.group for item in items]
    assert len(list(dict.fromkeys(groups))) == sum(1 for i, g in enumerate(groups) if i == 0 or groups[i - 1] != g)
    assert any(item.group == "Russia" and item.text.startswith("Rejects: ") for item in items)


def test_what_changed_says_until_and_since(brief: Brief) -> None:
    changed = [item.text for item in section(brief, "What changed").items if item.group == "Changed"]
    assert any(
        text.startswith("Until 14 December 2025, Ukraine demands: ") and "since then concedes" in text
        for text in changed
    )


def test_disagreements_name_both_sides(brief: Brief) -> None:
    disputes = [i for i in section(brief, "Agreements").items if i.group == "Disagreements"]
    assert disputes
    assert all(len(item.citations) >= 1 for item in disputes)
    assert any("Russia rejects" in item.text and "NATO promises" in item.text for item in disputes)


def test_open_questions(briefing: Services) -> None:
    found = briefing.briefing.brief(BriefRequest("territory"))
    assert any("unresolved" in item.text for item in section(found, OPEN).items)
    assert section(found, TIMELINE).items


def test_gaps_tell_who_is_not_heard(briefing: Services) -> None:
    found = briefing.briefing.brief(BriefRequest("multinational force"))
    gaps = [item.text for item in section(found, GAPS).items]
    assert any("No position of Ukraine" in text for text in gaps)
    assert any("No statement by United States itself" in text and "European leaders" in text for text in gaps)
    assert any("Briefing Desk" in text for text in gaps)


def test_the_same_corpus_and_request_give_the_same_brief(briefing: Services, brief: Brief) -> None:
    again = briefing.briefing.brief(BriefRequest("  NATO   membership ", since="2025-12-10"))
    assert again == brief
    assert again.identified().id == brief.id
    assert replace(brief, corpus_state=brief.corpus_state + 1).identified().id != brief.id


def test_the_stamp(brief: Brief, briefing: Services) -> None:
    with briefing.database.read() as connection:
        from assistant.index.catalog import corpus_state

        assert brief.corpus_state == corpus_state(connection) > 0
    assert brief.newest_source == "2025-12-18"
    assert brief.as_of is None


def test_as_of_leaves_out_what_is_later(briefing: Services) -> None:
    found = briefing.briefing.brief(BriefRequest(TOPIC, filters=Filters(as_of="2025-12-16")))
    assert found.citations
    assert all((c.metadata.published_at or "") <= "2025-12-16" for c in found.citations)
    assert found.newest_source == "2025-12-16"
    assert any("published after 16 December 2025" in item.text for item in section(found, GAPS).items)


@pytest.mark.parametrize("topic", ["prime minister of Japan", "interest rates", "cats and dogs"])
def test_a_topic_without_evidence_gives_nothing_but_the_gap(briefing: Services, topic: str) -> None:
    found = briefing.briefing.brief(BriefRequest(topic))
    assert found.citations == ()
    (only,) = found.sections
    assert only.heading == GAPS
    assert [item.text for item in only.items] == [f"The corpus says nothing on “{topic}”."]


def test_before_everything_there_is_nothing(briefing: Services) -> None:
    found = briefing.briefing.brief(BriefRequest(TOPIC, filters=Filters(as_of="1999")))
    assert [item.text for item in found.sections[0].items] == [f"The corpus, as of 1999, says nothing on “{TOPIC}”."]


def test_an_empty_corpus(services: Services) -> None:
    found = services.briefing.brief(BriefRequest(TOPIC))
    assert (found.citations, found.newest_source, found.corpus_state) == ((), None, 0)


def test_bad_topics(services: Services) -> None:
    for topic in ("", "  \n", "?!", "\ud800 talks"):
        with pytest.raises(InvalidQuestion):
            services.briefing.brief(BriefRequest(topic))
    with pytest.raises(TooLarge):
        services.briefing.brief(BriefRequest("x" * (MAX_TOPIC_CHARS + 1)))


def test_a_brief_survives_as_plain_values(brief: Brief) -> None:
    content = {"id": brief.id, **brief.content()}
    assert {"id": brief_of(content).id, **brief_of(content).content()} == content


DOCUMENT = "---\nid: {id}\ntitle: Report\npublished_at: 2025-12-01\n---\n\nRussia rejects {what} in Ukraine.\n"


def test_a_brief_is_kept_until_what_it_quotes_is_withdrawn(services: Services, write: Callable[..., Path]) -> None:
    texts = {"a.md": DOCUMENT.format(id="a", what="foreign troops"), "b.md": DOCUMENT.format(id="b", what="a tariff")}
    folder = write(texts)
    services.sync.run(folder, by="tests")
    troops, tariff = (services.briefing.brief(BriefRequest(topic)) for topic in ("foreign troops", "a tariff"))
    assert section(troops, BOTTOM_LINE).items
    for found in (troops, troops, tariff):
        services.briefing.keep(found)
    assert services.briefing.kept(troops.id).content() == troops.content()
    (folder / "a.md").unlink()
    services.sync.run(folder, by="tests")
    with pytest.raises(NotFound):
        services.briefing.kept(troops.id)
    assert services.briefing.kept(tariff.id).id == tariff.id
    with services.database.read() as connection:
        from sqlalchemy import text

        assert connection.scalar(text("SELECT count(*) FROM briefs WHERE body LIKE '%foreign troops%'")) == 0


def test_an_unknown_brief(services: Services) -> None:
    with pytest.raises(NotFound, match="no brief"):
        services.briefing.kept("0" * 32)
