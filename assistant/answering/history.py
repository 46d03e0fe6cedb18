"""How much of what was said before goes to a model."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answering.hygiene import for_model
from assistant.answering.model_limits import tokens_of
from assistant.retrieval.follow_up import Turn


def recent(turns: Sequence[Turn], tokens: int) -> list[Turn]:
    """The newest turns that fit, each whole, in their order; the first that does not fit ends it.

    Args:
        turns: oldest first.
        tokens: most of them, as ``tokens_of`` counts.
    """
    kept: list[Turn] = []
    for turn in reversed(turns):
        tokens -= tokens_of(turn.content)
        if tokens < 0:
            break
        kept.append(turn)
    return kept[::-1]


def as_turns(turns: Sequence[Turn]) -> list[dict[str, str]]:
    """Turns as prompts have them."""
    return [{"role": turn.role, "content": for_model(turn.content)} for turn in turns]
