"""All settings in one frozen object, read once from ``ASSISTANT_*`` variables and command-line options.

Nothing else reads the environment. Unknown ``ASSISTANT_*`` variables are refused, so that a misspelt setting is
noticed instead of ignored.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, IPvAnyNetwork, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.errors import InvalidConfiguration

PREFIX = "ASSISTANT_"


class Settings(BaseSettings):
    """Every number is bounded and every field is documented in ``docs/settings.md``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", validate_default=True)

    data_dir: Path = Field(Path("data"), description="Where the catalog and the index live.")
    server: str | None = Field(
        None,
        pattern=r"^https?://[^\s/?#]+[^\s?#]*$",
        description="A server that commands ask, in the place of `data_dir`.",
    )
    key: SecretStr | None = Field(None, description="The key that commands send to that server.")
    database_url: SecretStr | None = Field(
        None,
        description="A PostgreSQL database for the catalog, as postgresql://user:password@host:5432/name, so that any "
        "number of processes can serve; by default it is a file in the data directory.",
    )
    chroma_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s/?#@]+/?$",
        description="The Chroma server beside that database, such as http://127.0.0.1:8001.",
    )
    embedding_model: str = Field(
        "all-MiniLM-L6-v2",
        description="The encoder: the packaged all-MiniLM-L6-v2, or a folder or hub name of any sentence-transformers "
        "model stored as safetensors.",
    )
    embedding_backend: Literal["auto", "torch", "onnx"] = Field(
        "auto",
        description="What runs the encoder: `onnx` for the packaged model and `torch` for any other, which `auto` "
        "chooses; `torch` uses a GPU.",
    )
    encoder_threads: int = Field(
        0,
        ge=0,
        le=1_024,
        description="Passages that `onnx` encodes beside each other; 0 for as many as there are cores.",
    )
    cache_dir: Path = Field(
        Path("~/.cache/briefing-assistant"),
        description="Where the exported encoder is kept; what is deleted there is made again.",
    )
    import_processes: int | None = Field(
        None,
        ge=0,
        le=256,
        description="Processes that parse documents beside the encoder in a large import; by default half of the "
        "cores, at least one. 0 parses them in the assistant itself.",
    )
    host: str = Field("127.0.0.1", description="Address that `serve` listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that `serve` listens on; 0 takes a free one.")
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s/?#]+[^\s?#]*$",
        description="Where others reach the pages, for links given to other tools; else the address they asked.",
    )
    session_hours: float = Field(12, gt=0, le=8_760, description="Hours after which a browser has to sign in again.")
    require_if_match: bool = Field(
        False, description="Whether a document is changed or withdrawn over HTTP only with If-Match (else 428)."
    )
    cors_origins: tuple[str, ...] = Field(
        (),
        description="Origins whose pages may call the interfaces with a key, as a JSON list such as "
        '["https://tools.example"]; none by default.',
    )
    max_question_chars: int = Field(2_000, ge=1, le=100_000, description="Longest question accepted, in characters.")
    max_draft_chars: int = Field(
        100_000, ge=1, le=2_000_000, description="Longest draft that is checked, in characters."
    )
    requests_per_minute: int = Field(
        3_000, ge=0, le=1_000_000, description="Most requests that one key may make in a minute; 0 is no limit."
    )
    open_requests_per_minute: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="Most requests that one client address may make in a minute while there are no keys; 0 is no "
        "limit.",
    )
    streams_per_key: int = Field(50, ge=1, le=100_000, description="Most streams that one key may have open at once.")
    max_streams: int = Field(1_000, ge=1, le=100_000, description="Most streams that may be open at once.")
    rate_limit_store: str = Field(
        "memory://",
        pattern=r"^(memory|rediss?)://",
        description="Where requests are counted: in memory, or redis://HOST:PORT for several servers together.",
    )
    trusted_proxies: tuple[IPvAnyNetwork, ...] = Field(
        (),
        description="Networks of your own reverse proxies, as a JSON list; only theirs is X-Forwarded-For believed.",
    )
    max_body_bytes: int = Field(
        64 * 1024 * 1024, ge=1024, le=2**32, description="Largest request body accepted, in bytes."
    )
    max_document_bytes: int = Field(
        50 * 1024 * 1024, ge=1024, le=2**32, description="Largest document accepted, in bytes."
    )
    allow_private_addresses: bool = Field(
        False, description="Whether documents may be fetched from private networks, such as an intranet."
    )
    watch_dir: Path | None = Field(None, description="A folder that `serve` keeps the corpus in step with.")
    feeds: tuple[str, ...] = Field((), description="RSS or Atom feeds that `serve` polls, as a JSON list of addresses.")
    poll_minutes: float = Field(15, gt=0, le=10_080, description="Minutes between two polls of the feeds.")
    actors_file: Path | None = Field(None, description="Who is known by which names, instead of corpus/actors.yaml.")
    stances_file: Path | None = Field(
        None, description="Which words take which stance, instead of corpus/stances.yaml."
    )
    answer_sentences: int = Field(5, ge=1, le=20, description="Most sentences an extractive answer may have.")
    reader: str = Field(
        "packaged",
        description="What reads the best passages with the question: the `packaged` reader, `off`, or a folder with "
        "another one.",
    )
    read_passages: int = Field(
        8, ge=1, le=50, description="How many of the best passages are read with the question, at most."
    )
    reranker: str | None = Field(
        None,
        description="A sentence-transformers CrossEncoder that orders those passages instead of the reader: a folder "
        "or a hub name, stored as safetensors.",
    )
    model: str | None = Field(
        None,
        description="The chat model as provider:name, such as openai:gpt-5-mini; without one, answers are extractive.",
    )
    model_base_url: str | None = Field(None, description="Address of an OpenAI-compatible server or of Ollama.")
    model_api_key: SecretStr | None = Field(
        None, description="The provider's key; without it the provider's own variable is used, such as OPENAI_API_KEY."
    )
    model_timeout: float = Field(60, gt=0, le=3_600, description="Seconds until the model has to have finished.")
    model_retries: int = Field(2, ge=0, le=10, description="Further tries where the model fails before its first word.")
    model_temperature: float = Field(0, ge=0, le=2, description="Sampling temperature of the model.")
    model_input_tokens: int = Field(6_000, ge=1_000, le=1_000_000, description="Most tokens of a prompt.")
    history_tokens: int = Field(
        1_000,
        ge=0,
        le=100_000,
        description="Most tokens of earlier questions and answers that a prompt may hold; the newest are kept, each "
        "whole.",
    )
    model_output_tokens: int = Field(800, ge=50, le=100_000, description="Most tokens that the model writes at once.")
    model_input_price: float = Field(0, ge=0, le=10_000, description="Price of a million input tokens.")
    model_output_price: float = Field(0, ge=0, le=10_000, description="Price of a million output tokens.")
    model_request_tokens: int = Field(
        100_000, ge=1_000, le=100_000_000, description="Most tokens of all calls of the model for one request."
    )
    model_max_cost: float | None = Field(
        None, gt=0, le=10_000, description="Most that one request may cost, in the currency of the prices."
    )
    nli_model: str | None = Field(
        None, description="Folder or hub name of an NLI cross-encoder that has to agree that a source backs a sentence."
    )
    fusion_weight: float = Field(
        0.5, ge=0, le=1, description="Share of dense similarity in the fused score; the rest is lexical."
    )
    refusal_threshold: float = Field(
        0.45, ge=0, le=1, description="Least probability that the evidence answers; below it the assistant refuses."
    )
    lock_timeout: float = Field(0, ge=0, le=600, description="Seconds to wait for a data directory that is in use.")
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="How `serve` logs: `json`, a line each event, or `console`; `auto` is by where it goes."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least important events that `serve` logs."
    )
    otlp_endpoint: str | None = Field(
        None,
        pattern=r"^https?://",
        description="Where traces of answers are sent, over OTLP by gRPC; needs the extra `telemetry`.",
    )
    shutdown_seconds: int = Field(10, ge=1, le=600, description="Seconds a stopping server gives open answers.")

    @field_validator("chroma_url")
    @classmethod
    def _beside_the_database(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "database_url" in info.data and (value is None) != (info.data["database_url"] is None):
            raise ValueError("ASSISTANT_DATABASE_URL and ASSISTANT_CHROMA_URL are set together or not at all")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not re.fullmatch(r"https?://[^\s/?#*]+", origin):
                raise ValueError(f"{origin!r} is no origin: write scheme and host, such as https://tools.example")
        return value

    @field_validator("data_dir", "cache_dir", "watch_dir", "actors_file", "stances_file")
    @classmethod
    def _expand(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value is not None else None


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment, with what was given on the command line taking precedence.

    Args:
        overrides: values by field name; None means "not given".

    Raises:
        InvalidConfiguration: an unknown ``ASSISTANT_*`` variable, or a value out of its bounds.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name.upper() not in known)
    if unknown:
        raise InvalidConfiguration(
            f"Unknown setting {', '.join(unknown)}.", "The settings are listed in docs/settings.md."
        )
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        # What may hold a password is not shown.
        given = "" if name in ("database_url", "model_api_key") else f" (got {first.get('input')!r})"
        raise InvalidConfiguration(
            f"{PREFIX}{name.upper()}: {first['msg']}{given}.", "See docs/settings.md."
        ) from error
