"""Briefs in a chat model's prose: each section from its own sources, and as it was where the model is no use."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from assistant.answering.brief_model import GAPS, SOURCES, Brief, BriefRequest
from assistant.answering.brief_prose import BriefProse
from assistant.answering.chat_model import ChatModel
from assistant.answering.prompts import PromptBook
from assistant.briefing import Briefing
from assistant.cli import cli
from assistant.paths import shipped
from assistant.server.app import build_app
from assistant.services import Services
from tests.model.scripted import Script, scripted
from tests.model.test_serving import seconds_to_stop, served

REQUEST = BriefRequest("foreign troops", "2025-12-10")
LIE = "The population of Brazil is 191.2 million. [1]"
_PASSAGE = re.compile(r'<passage number="(\d+)"[^>]*>\n(.+?)\n(?:\(says|</passage>)', re.DOTALL)


def passages_in(prompt: str) -> list[tuple[str, str]]:
    return _PASSAGE.findall(prompt)


def honest(message: str) -> Iterator[str]:
    """Invents one sentence, and repeats what the first passages say."""
    if "What is wrong" in message:
        yield "NOT IN THE CORPUS."
        return
    yield f"{LIE} "
    for number, text in passages_in(message)[:3]:
        yield f"{text} [{number}] "


def writing(briefing: Services, model: ChatModel) -> Briefing:
    prose = BriefProse(model, PromptBook(shipped("prompts")), briefing.verifier.checker, briefing.language)
    return dataclasses.replace(briefing.briefing, prose=prose)


def write(briefing: Services, script: Script | str, **limits: Any) -> tuple[Brief, list[str]]:
    model, inner = scripted(script, **limits)
    try:
        return writing(briefing, model).brief(REQUEST, "model"), inner.prompts
    finally:
        model.close()


@pytest.fixture(scope="module")
def extractive(briefing: Services) -> Brief:
    found = briefing.briefing.brief(REQUEST)
    assert len(found.sections) >= 6
    return found


def prose_sections(brief: Brief) -> list[str]:
    return [section.heading for section in brief.sections if section.heading not in {GAPS, SOURCES}]


def test_each_section_is_written_from_its_own_sources(briefing: Services, extractive: Brief) -> None:
    brief, prompts = write(briefing, honest)
    headings = prose_sections(extractive)
    assert [s.heading for s in brief.sections] == [s.heading for s in extractive.sections]
    assert (brief.answerer, brief.model, brief.notice) == ("model", "scripted:test", "")
    assert brief.prompt is not None and brief.prompt.startswith("brief/v1 sha256:")
    assert brief.withheld == len(headings)  # the invented sentence of each
    asked = [prompt for prompt in prompts if "Section: " in prompt]
    cited = {citation.number: citation for citation in extractive.citations}
    for prompt, heading in zip(asked, headings, strict=True):
        (section,) = [s for s in extractive.sections if s.heading == heading]
        own = {" ".join(cited[n].quote.split()) for item in section.items for n in item.citations}
        assert f"Section: {heading}" in prompt
        assert {text for _, text in passages_in(prompt)} <= own
        assert "://" not in prompt
    by_heading = {section.heading: section for section in brief.sections}
    quotes = {citation.number: " ".join(citation.quote.split()) for citation in brief.citations}
    for heading in headings:
        for item in by_heading[heading].items:
            assert item.citations and item.text in quotes[item.citations[0]]
    assert [citation.number for citation in brief.citations] == list(range(1, len(quotes) + 1))
    assert {n for item in by_heading[SOURCES].items for n in item.citations} == set(quotes)


def test_groups_stay_together_under_their_actor(briefing: Services, extractive: Brief) -> None:
    brief, _ = write(briefing, honest)
    (before,) = [s for s in extractive.sections if s.heading == "Positions by actor"]
    (after,) = [s for s in brief.sections if s.heading == "Positions by actor"]
    order = list(dict.fromkeys(item.group for item in before.items))
    groups = [item.group for item in after.items]
    assert groups == sorted(groups, key=order.index) and set(groups) <= set(order)


def test_what_another_section_says_is_not_backed_in_this_one(briefing: Services, extractive: Brief) -> None:
    (timeline,) = [section for section in extractive.sections if section.heading == "Timeline"]
    cited = {citation.number: citation for citation in extractive.citations}
    elsewhere = {n for s in extractive.sections if s.heading == "Bottom line" for i in s.items for n in i.citations}
    alien = next(cited[n].quote for i in timeline.items for n in i.citations if n not in elsewhere)

    def script(message: str) -> Iterator[str]:
        yield f"{alien} [1]" if "Section: Bottom line" in message else "NOT IN THE CORPUS."

    brief, _ = write(briefing, script)
    kept = {section.heading: section for section in brief.sections}["Bottom line"]
    assert alien not in " ".join(item.text for item in kept.items)
    assert "Bottom line" in brief.notice
    assert brief.withheld == 1 and alien in " ".join(i.text for s in brief.sections for i in s.items)


@pytest.mark.parametrize("script", [LIE, "", "# # #\n" * 40, "See https://evil.example [1]"])
def test_sections_of_which_nothing_stands_stay_as_they_were(briefing: Services, extractive: Brief, script: str) -> None:
    brief, _ = write(briefing, script)
    assert (brief.sections, brief.citations) == (extractive.sections, extractive.citations)
    assert brief.answerer == "extractive"
    assert all(heading in brief.notice for heading in prose_sections(extractive))


def test_a_model_that_fails_is_not_asked_for_the_other_sections(briefing: Services, extractive: Brief) -> None:
    calls = 0

    def fails(message: str) -> Iterator[str]:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise ConnectionError("secret-key-123")
        yield from honest(message)

    brief, _ = write(briefing, fails)
    headings = prose_sections(extractive)
    assert calls == 3
    assert brief.answerer == "model"
    assert brief.notice == (
        f"The chat model failed (ConnectionError). In the sources' own sentences: {', '.join(headings[1:])}."
    )
    same = {s.heading: [i.text for i in s.items] for s in extractive.sections}
    assert all([i.text for i in s.items] == same[s.heading] for s in brief.sections if s.heading in headings[1:])


def test_a_brief_that_would_cost_too_much_ends_in_the_sources_words(briefing: Services, extractive: Brief) -> None:
    brief, prompts = write(briefing, honest, request_tokens=2_500, output_tokens=500)
    assert brief.answerer == "model"
    assert 0 < len([p for p in prompts if "Section: " in p]) < len(prose_sections(extractive))
    assert "tokens" in brief.notice and "In the sources' own sentences: " in brief.notice


def test_a_topic_without_evidence_calls_no_model(briefing: Services) -> None:
    model, inner = scripted(honest)
    brief = writing(briefing, model).brief(BriefRequest("interest rates"), "model")
    assert [section.heading for section in brief.sections] == [GAPS]
    assert (inner.prompts, brief.notice) == ([], "")


def test_it_is_kept_and_given_out_over_http(briefing: Services) -> None:
    model, _ = scripted(honest)
    services = dataclasses.replace(briefing, briefing=writing(briefing, model))
    with TestClient(build_app(services), base_url="http://127.0.0.1") as api:
        body = {"topic": REQUEST.topic, "since": REQUEST.since}
        made = api.post("/api/v1/briefs", json={**body, "answerer": "model"})
        brief = made.json()
        assert made.headers["content-location"] == f"/api/v1/briefs/{brief['id']}.json"
        assert (brief["answerer"], brief["model"]) == ("model", "scripted:test")
        assert brief["prompt"].startswith("brief/v1 sha256:") and brief["withheld"] > 0
        assert api.get(f"/api/v1/briefs/{brief['id']}.json").json() == brief
        markdown = api.get(f"/api/v1/briefs/{brief['id']}.md").text
        assert "written by scripted:test, each sentence checked" in markdown
        assert api.get(f"/api/v1/briefs/{brief['id']}.docx").status_code == 200
        plain = api.post("/api/v1/briefs", json=body).json()
        assert (plain["answerer"], plain["model"], plain["notice"]) == ("extractive", None, None)


def test_a_reader_who_leaves_stops_the_model_within_a_second(briefing: Services) -> None:
    started = threading.Event()

    def forever(_message: str) -> Iterator[str]:
        started.set()
        while True:
            yield " word"

    model, inner = scripted(forever, pause=0.05, output_tokens=100_000, request_tokens=1_000_000)
    with served(dataclasses.replace(briefing, briefing=writing(briefing, model))) as address:
        body = {"topic": REQUEST.topic, "answerer": "model"}
        assert seconds_to_stop(address, "/api/v1/briefs", body, started, inner.stopped) < 1
    model.close()


def test_the_command_says_that_no_model_is_configured(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("Russia rejects foreign troops in Ukraine.\n", encoding="utf-8")
    run = ["--data-dir", str(tmp_path / "data")]
    assert CliRunner().invoke(cli, [*run, "sync", str(tmp_path / "docs")]).exit_code == 0
    done = CliRunner().invoke(cli, [*run, "brief", "foreign troops", "--answerer", "model"])
    assert done.exit_code == 2
    assert done.stderr.startswith("assistant: No chat model is configured.")
