"""The shapes of OpenAI's chat completions, as far as a corpus can fill them.

Field names and meanings are those of https://platform.openai.com/docs/api-reference/chat. Fields that steer a
model's sampling are accepted and have no effect, so that every client can be pointed here unchanged.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field


class Part(BaseModel):
    """A piece of a message; only text is read."""

    type: str = Field(max_length=50)
    text: str | None = None


class Message(BaseModel):
    """One message of the conversation, oldest first."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """The message's text; the texts of several parts follow each other on lines of their own."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content or () if part.type == "text" and part.text)


class StreamOptions(BaseModel):
    """What a stream carries beside the answer."""

    include_usage: bool | None = None


class CompletionIn(BaseModel):
    """A conversation whose last user message is the question."""

    model: str = Field(max_length=200, examples=["briefing-assistant"])
    messages: list[Message] = Field(
        min_length=1, max_length=1_000, examples=[[{"role": "user", "content": "What does Russia reject?"}]]
    )
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Field(ge=1, le=1, description="There is one answer.")] | None = None


class UrlCitation(BaseModel):
    """Where a marker such as ``[1]`` leads: ``content[start_index:end_index]`` is the marker, in code points."""

    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(BaseModel):
    """A citation of the message."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class AssistantMessage(BaseModel):
    """The answer or the refusal."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation]


class Choice(BaseModel):
    """The only answer."""

    index: int = 0
    message: AssistantMessage
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class Usage(BaseModel):
    """Tokens as the encoder counts them."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class CompletionOut(BaseModel):
    """A whole answer."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage


class ModelOut(BaseModel):
    """What answers."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str


class ModelList(BaseModel):
    """Everything that answers."""

    object: Literal["list"] = "list"
    data: list[ModelOut]
