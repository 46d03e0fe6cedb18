"""What one request may cost: the call that could pass it is not made, and the reader is told."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from assistant.answering.model_limits import LimitReached, Meter, ModelLimits, tokens_of
from assistant.asking import AskRequest
from assistant.models import Answer
from tests.model.conftest import Opening
from tests.model.scripted import ScriptedChatModel, scripted
from tests.model.test_rewriting import FOLLOW_UP, GOOD_REWRITE, HISTORY, writes

PRICES = {"input_price": 1_000.0, "output_price": 2_000.0}  # of a million tokens


def ask(opened: Opening, **limits: Any) -> tuple[Answer, ScriptedChatModel]:
    model, inner = scripted(writes(GOOD_REWRITE), **limits)
    with opened(model) as services:
        return services.asker.ask(AskRequest(FOLLOW_UP, history=HISTORY)), inner


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"request_tokens": 700, "output_tokens": 200}, "tokens"),
        ({"request_cost": 0.9, "output_tokens": 200, **PRICES}, "cost"),
    ],
)
def test_what_is_left_decides_whether_the_model_is_called_again(
    opened: Opening, limits: dict[str, Any], told: str
) -> None:
    answer, inner = ask(opened, **limits)
    assert len(inner.prompts) == 1  # the follow-up was rewritten, and that was all
    assert answer.question.searched == GOOD_REWRITE
    assert answer.answerer == "extractive" and answer.sentences
    assert told in answer.notice and "the sources' own sentences" in answer.notice


def test_a_request_within_its_limits_is_answered_by_the_model(opened: Opening) -> None:
    answer, inner = ask(opened, request_tokens=20_000, request_cost=20.0, **PRICES)
    assert (answer.answerer, len(inner.prompts)) == ("model", 2)


def test_limits_are_of_one_request_not_of_all(opened: Opening) -> None:
    model, inner = scripted(writes(GOOD_REWRITE), request_tokens=3_000)
    with opened(model) as services:
        for _ in range(5):
            assert services.asker.ask(AskRequest("When was the harbour of Lorn closed?")).answerer == "model"
    assert len(inner.prompts) == 5


def test_a_meter_never_passes_its_limits() -> None:
    meter = Meter(ModelLimits(request_tokens=100, request_cost=0.15, **PRICES))
    with meter.call(10, 40) as call:  # 0.01 + 0.08
        call.text = "x" * 40
        with pytest.raises(LimitReached), meter.call(10, 60):
            pass
    with meter.call(0, 60) as call:  # what the first left unwritten is free again: 0.01 + 0.14
        pass
    with pytest.raises(LimitReached), meter.call(0, 91):
        pass
    with pytest.raises(LimitReached), meter.call(140, 0):
        pass
    assert tokens_of("x" * 40) == 10


def test_a_call_that_is_left_early_costs_what_was_written() -> None:
    model, _ = scripted("x" * 4_000, request_tokens=1_000, output_tokens=900)
    session = model.session(threading.Event())
    for _ in range(3):
        stream = session.stream([("user", "Go")])
        assert next(stream)
        stream.close()
    model.close()
