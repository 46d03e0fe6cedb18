"""Which encoder runs a model: onnxruntime for the packaged one, sentence-transformers for every other."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from assistant.errors import InvalidConfiguration, ModelUnavailable
from assistant.index.embedding import DEFAULT_MODEL, Encoder
from assistant.index.onnx_encoder import OnnxEncoder

Backend = Literal["auto", "torch", "onnx"]


def open_encoder(model: str, backend: Backend, cache: Path, threads: int) -> Encoder:
    """The encoder of a model.

    Args:
        model: the packaged one, a folder or a hub name.
        backend: ``auto`` is the one that ``docs/performance.md`` found the fastest for that model.
        cache: keeps what is exported.
        threads: of ``onnx``; 0 for all cores. torch sees to its own.

    Raises:
        InvalidConfiguration: ``onnx`` is asked for and the model is not the packaged one.
        ModelUnavailable: the model is missing or damaged.
    """
    if backend == "onnx" and model != DEFAULT_MODEL:
        raise InvalidConfiguration(
            f"ASSISTANT_EMBEDDING_BACKEND=onnx runs {DEFAULT_MODEL} only, not {model}.",
            "Leave it at auto, or leave ASSISTANT_EMBEDDING_MODEL out.",
        )
    if model == DEFAULT_MODEL and backend != "torch":
        return OnnxEncoder(cache, threads)
    from assistant.index.torch_encoder import SentenceTransformerEncoder

    return SentenceTransformerEncoder(model)


def model_of(fingerprint: str) -> str:
    """The name of the model in a fingerprint."""
    return fingerprint.split("@", 1)[0]


def former_encoder(fingerprint: str, cache: Path, threads: int) -> Encoder | None:
    """An encoder whose vectors are those of an encoder's ``fingerprint``; None where its model is gone."""
    model = model_of(fingerprint)
    backends: tuple[Backend, ...] = ("onnx", "torch") if model == DEFAULT_MODEL else ("torch",)
    for backend in backends:
        try:
            encoder = open_encoder(model, backend, cache, threads)
        except ModelUnavailable:
            continue
        if encoder.fingerprint == fingerprint:
            return encoder
    return None
