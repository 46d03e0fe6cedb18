"""The default encoder on onnxruntime: exported once from the packaged weights, then served without torch.

Passages are run one at a time and the cores share them out: a model with dynamic int8 quantisation scales its
activations by everything in the batch, and a passage's vector must not depend on its company.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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
    packaged,
    pool_sentences,
    unit,
)
from assistant.index.onnx_export import FORMAT, INPUT, OUTPUT, Precision, export
from assistant.onnx_session import Session, cores, open_session

if TYPE_CHECKING:
    from tokenizers import Tokenizer

logger = logging.getLogger(__name__)

CLS, SEP = "[CLS]", "[SEP]"


class OnnxEncoder(TextVectors):
    """The packaged model; usable wherever LangChain's embeddings are called.

    Loading is lazy and happens once: the tokenizer alone serves chunking.

    Args:
        cache: folder that keeps the exported model; it may be missing, and may be one that cannot be written.
        threads: passages that are run beside each other; 0 for all cores.
        precision: of the matrix products; ``fp32`` is there to measure against.

    Raises:
        ModelUnavailable: the packaged model is missing; on first use, that it is damaged.
    """

    def __init__(self, cache: Path, threads: int = 0, precision: Precision = "int8") -> None:
        self._folder = packaged()
        self._cache = cache
        self._precision: Precision = precision
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._tokenizer: Tokenizer | None = None
        self._pool = ThreadPoolExecutor(threads or cores(), thread_name_prefix="encoder")
        self.encode_question = lru_cache(maxsize=2_048)(self._encode_question)

    @property
    def fingerprint(self) -> str:
        """Model, revision, dimension, pooling and how it is run, as the catalog records them."""
        how = f"onnx-{self._precision}-{FORMAT}"
        return f"{DEFAULT_MODEL}@{REVISION}/{self.dimension}/mean-pooled/unit/late-sentences/{how}"

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return DIMENSION

    @property
    def max_tokens(self) -> int:
        """The model's window."""
        return WINDOW

    @property
    def tokenizer(self) -> Tokenizer:
        """The loaded tokenizer."""
        with self._lock:
            if self._tokenizer is None:
                self._tokenizer = load_tokenizer(self._folder)
            return self._tokenizer

    @property
    def session(self) -> Session:
        """The loaded model."""
        with self._lock:
            if self._session is None:
                self._session = _open(self._cache, self._precision)
            return self._session

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without special tokens. Needs the tokenizer only."""
        encodings = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in encodings]

    def _encode_question(self, question: str) -> FloatArray:
        states, _ = self._run(question)
        return unit(states.mean(axis=0))

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[tuple[FloatArray, FloatArray]]:
        """Vectors of passages and of their sentences, from one pass each; a passage's do not depend on the others."""
        # The longest first, so that no thread begins a long one when the others are done.
        order = sorted(range(len(inputs)), key=lambda i: -len(inputs[i].full))
        found = dict(zip(order, self._pool.map(lambda i: self._encode_passage(inputs[i]), order), strict=True))
        return [found[i] for i in range(len(inputs))]

    def _encode_passage(self, item: EncoderInput) -> tuple[FloatArray, FloatArray]:
        states, offsets = self._run(item.full)
        vector = unit(states.mean(axis=0))
        return vector, pool_sentences(states, offsets, item, vector)

    def _run(self, text: str) -> tuple[FloatArray, NDArray[np.int64]]:
        """The states of a text's tokens, special ones included, and their spans; special tokens span nothing."""
        tokenizer = self.tokenizer
        encoding = tokenizer.encode(text, add_special_tokens=False)
        room = WINDOW - 2
        ids = [tokenizer.token_to_id(CLS), *encoding.ids[:room], tokenizer.token_to_id(SEP)]
        offsets = np.array([(0, 0), *encoding.offsets[:room], (0, 0)], dtype=np.int64)
        (states,) = self.session.run([OUTPUT], {INPUT: np.array([ids], dtype=np.int64)})
        return states[0], offsets


def _open(cache: Path, precision: Precision) -> Session:
    prefix = f"{DEFAULT_MODEL}-{REVISION}-{precision}-{FORMAT}-"
    model = _kept(cache, prefix)
    if model is None:
        model = _exported(precision)
        _keep(cache, prefix, model)
    try:
        return open_session(model)
    except Exception as error:  # onnxruntime's own errors share no other base
        raise ModelUnavailable(
            f"The exported encoder cannot be loaded: {first_line(error)}.",
            "Set ASSISTANT_EMBEDDING_BACKEND=torch, or install onnxruntime again.",
        ) from error


def _exported(precision: Precision) -> bytes:
    folder, _ = locate(DEFAULT_MODEL)
    try:
        return export(folder, precision)
    except Exception as error:  # a damaged installation shows as any of three libraries' own errors
        raise ModelUnavailable(
            f"The encoder cannot be exported: {first_line(error)}.", "Set ASSISTANT_EMBEDDING_BACKEND=torch."
        ) from error


def _kept(cache: Path, prefix: str) -> bytes | None:
    """The model that was exported before; its name says what it must hold, so that a damaged one is never run."""
    for path in sorted(cache.glob(f"{prefix}*.onnx")):
        try:
            model = path.read_bytes()
        except OSError:
            continue
        if path.stem == prefix + hashlib.sha256(model).hexdigest():
            return model
        logger.warning("The exported encoder %s is damaged and is made again.", path)
    return None


def _keep(cache: Path, prefix: str, model: bytes) -> None:
    """Keep a model for the next start; without a place for it, each start exports it."""
    target = cache / f"{prefix}{hashlib.sha256(model).hexdigest()}.onnx"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=cache, prefix=".", suffix=".part", delete=False) as file:
            file.write(model)
        os.replace(file.name, target)
    except OSError as error:
        logger.warning("The exported encoder is not kept in %s: %s.", cache, error.strerror)
