"""Chat models that write what a test tells them to, piece by piece."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from assistant.answering.chat_model import ChatModel
from assistant.answering.model_limits import ModelLimits

Script = Callable[[str], Iterator[str]]


class ScriptedChatModel(BaseChatModel):
    """Streams what ``script`` makes of the last message; remembers what it was told, and whether it was stopped."""

    script: Any
    pause: float = 0.0
    prompts: list[str] = []  # noqa: RUF012
    stopped: Any = None

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        text = "".join(self.script(str(messages[-1].content)))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=text))])

    async def _astream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> AsyncIterator[ChatGenerationChunk]:
        self.prompts.append(str(messages[-1].content))
        try:
            for piece in self.script(str(messages[-1].content)):
                await asyncio.sleep(self.pause)
                yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        except asyncio.CancelledError:
            self.stopped.set()
            raise


def scripted(script: Script | str, *, pause: float = 0.0, **limits: Any) -> tuple[ChatModel, ScriptedChatModel]:
    """A model that writes a text, or what a script makes of each message."""
    if isinstance(script, str):
        text = script

        def tell(_message: str) -> Iterator[str]:
            yield from (text[i : i + 7] for i in range(0, len(text), 7))

        script = tell
    inner = ScriptedChatModel(script=script, pause=pause, stopped=threading.Event(), prompts=[])
    return ChatModel("scripted:test", lambda: inner, ModelLimits(**{"retries": 0, **limits})), inner
