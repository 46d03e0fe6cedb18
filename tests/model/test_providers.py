"""Chat models by setting: what cannot work is told in one line, and what does not answer is done without."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from assistant.answering.chat_model import configured
from assistant.answering.prompts import PromptBook
from assistant.asking import AskRequest
from assistant.errors import InvalidConfiguration
from assistant.paths import shipped
from assistant.settings import Settings
from tests.model.conftest import Opening
from tests.model.test_writing import QUESTION


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"model": "oracle:delphi"}, "oracle"),
        ({"model": "gpt-5-mini"}, "provider"),
        ({"model": "openai:gpt-5-mini"}, "key"),
        ({"model": "groq:llama"}, "groq"),
    ],
)
def test_a_model_that_cannot_be_set_up_is_one_clear_error(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], told: str
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    model = configured(Settings(**given))
    assert model is not None
    with pytest.raises(InvalidConfiguration) as error:
        model.load()
    assert told in error.value.detail.lower()
    assert "ASSISTANT_MODEL" in (error.value.hint or "")


def test_no_model_is_configured_by_default() -> None:
    assert configured(Settings()) is None


def test_an_unreachable_address_leaves_the_extractive_answer(opened: Opening) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(
        model="openai:any", model_base_url=f"http://127.0.0.1:{port}/v1", model_api_key="none", model_retries=0
    )
    with opened(configured(settings)) as services:
        answer = services.asker.ask(AskRequest(QUESTION))
    assert answer.answerer == "extractive" and answer.sentences
    assert "failed" in answer.notice


def test_a_limit_of_cost_shortens_the_output() -> None:
    prices = {"model_input_price": 1, "model_output_price": 10, "model_input_tokens": 1_000}
    model = configured(Settings(model="openai:any", model_max_cost=0.003, **prices))
    assert model is not None and model.limits.output_tokens == 200
    for short in ({"model_max_cost": 0.0005}, {"model_request_tokens": 1_500}):
        with pytest.raises(InvalidConfiguration):
            configured(Settings(model="openai:any", **short, **prices))


def test_shipped_prompts_are_valid_and_broken_ones_are_told(tmp_path: Path) -> None:
    assert PromptBook(shipped("prompts"))["answer"].label.startswith("answer/v2 sha256:")
    for name in ("answer", "brief", "repair", "rewrite"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "v1.jinja").write_text("{{ sentence }}{{ misspelt }}")
    with pytest.raises(InvalidConfiguration, match="cannot be used"):
        PromptBook(tmp_path)
    with pytest.raises(InvalidConfiguration, match="no prompt"):
        PromptBook(tmp_path / "nowhere")


def test_the_newest_version_of_a_prompt_is_used(tmp_path: Path) -> None:
    for name in ("answer", "brief", "repair", "rewrite"):
        (tmp_path / name).mkdir()
        for number in (2, 10):
            (tmp_path / name / f"v{number}.jinja").write_text(f"{number}")
    assert PromptBook(tmp_path)["answer"].render() == "10"
