"""Any sentence-transformers model, on the processor or a GPU: the path that needs torch."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.embeddings import Embeddings

from assistant.errors import ModelUnavailable, first_line
from assistant.index.embedding import (
    DEFAULT_MODEL,
    DIMENSION,
    REVISION,
    WINDOW,
    EncoderInput,
    FloatArray,
    TextVectors,
    load_tokenizer,
    locate,
    pool_sentences,
    unit,
)

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

BATCH = 32


class SentenceTransformerEncoder(TextVectors, Embeddings):
    """Any sentence-transformers model from a folder of safetensors; usable wherever LangChain takes embeddings.

    Loading is lazy and happens once: the tokenizer alone serves chunking.

    Raises:
        ModelUnavailable: the model is missing, is not stored as safetensors, or differs from its checksum.
    """

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        self._path, self._revision = locate(model)
        self._name = model
        self._lock = threading.Lock()
        self._model: SentenceTransformer | None = None
        self._tokenizer: Tokenizer | None = None
        self.encode_question = lru_cache(maxsize=2_048)(self._encode_question)

    @property
    def fingerprint(self) -> str:
        """Model, revision, dimension and pooling, as the catalog records them."""
        return f"{self._name}@{self._revision}/{self.dimension}/mean-pooled/unit/late-sentences"

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        if self._revision == REVISION:
            return DIMENSION  # known without loading torch
        return int(self.model.get_embedding_dimension() or 0)

    @property
    def max_tokens(self) -> int:
        """The model's window; 256 for the default."""
        if self._revision == REVISION:
            return WINDOW
        return int(self.model.max_seq_length or 512)

    @property
    def model(self) -> SentenceTransformer:
        """The loaded model."""
        with self._lock:
            if self._model is None:
                self._model = _load(self._path)
            return self._model

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without special tokens. Needs the tokenizer only, not torch."""
        with self._lock:
            if self._tokenizer is None:
                self._tokenizer = load_tokenizer(self._path)
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in encodings]

    def _encode_question(self, question: str) -> FloatArray:
        vector = self.model.encode_query(question, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vector, dtype=np.float32)

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[tuple[FloatArray, FloatArray]]:
        """Vectors of passages and of their sentences, from one pass; long and short inputs batch apart."""
        order = sorted(range(len(inputs)), key=lambda i: len(inputs[i].full))
        results: list[tuple[FloatArray, FloatArray] | None] = [None] * len(inputs)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            for index, vectors in zip(batch, self._encode_batch([inputs[i] for i in batch]), strict=True):
                results[index] = vectors
        return [result for result in results if result is not None]

    def _encode_batch(self, inputs: Sequence[EncoderInput]) -> list[tuple[FloatArray, FloatArray]]:
        import torch

        model = self.model
        tokens = model.tokenizer(
            [item.full for item in inputs],
            padding=True,
            truncation=True,
            max_length=self.max_tokens,
            return_tensors="pt",
            return_offsets_mapping=True,
        )
        offsets = tokens.pop("offset_mapping").numpy()
        with torch.inference_mode():
            output = model.forward({name: value.to(model.device) for name, value in tokens.items()})
        states = output["token_embeddings"].float().cpu().numpy()
        pooled = unit(output["sentence_embedding"].float().cpu().numpy())
        return [(pooled[i], pool_sentences(states[i], offsets[i], item, pooled[i])) for i, item in enumerate(inputs)]


def _load(path: Path) -> SentenceTransformer:
    # Progress bars and hub checks are for interactive use; a loaded folder needs neither.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        return SentenceTransformer(
            str(path), trust_remote_code=False, local_files_only=True, model_kwargs={"use_safetensors": True}
        )
    except Exception as error:  # a damaged file shows as any of a dozen libraries' own errors
        raise ModelUnavailable(
            f"The embedding model at {path} cannot be loaded: {first_line(error)}.",
            "Reinstall it, or set ASSISTANT_EMBEDDING_MODEL to another one.",
        ) from error
