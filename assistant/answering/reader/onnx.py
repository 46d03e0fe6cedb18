"""The reader as an ONNX file, read with onnxruntime: no torch, no network.

Passages are read one at a time, because the results of a model with dynamic int8 quantisation depend on what else is
in the batch; the cores share them out instead.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from assistant.answering.reader.encoding import PairEncoder
from assistant.answering.reader.reading import ReaderInput, Reading, interpret
from assistant.errors import ModelUnavailable, first_line
from assistant.onnx_session import Session, cores, open_session

PACKAGED = "packaged"
MODEL, TOKENIZER, CARD = "reader.onnx", "tokenizer.json", "reader.json"
NODES = {"input_ids", "attention_mask", "token_type_ids", "spans", "answerable"}

_HINT = "Set ASSISTANT_READER to a folder with a reader, to `packaged`, or to `off`."


class OnnxReader:
    """Reads passages with the model in a folder.

    Args:
        folder: holds ``reader.onnx``, ``tokenizer.json`` and ``reader.json`` with the model's ``sha256``.

    Raises:
        ModelUnavailable: a file is missing or damaged, or the model is none that this reader can use.
    """

    def __init__(self, folder: Path) -> None:
        _check(folder)
        self._folder = folder
        self._pairs = PairEncoder(folder / TOKENIZER)
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._pool = ThreadPoolExecutor(cores(), thread_name_prefix="reader")

    def load(self) -> Session:
        """The loaded model; what is not loaded yet is loaded now."""
        with self._lock:
            if self._session is None:
                self._session = self._open()
            return self._session

    def _open(self) -> Session:
        try:
            session = open_session(self._folder / MODEL)
        except Exception as error:  # onnxruntime's own errors share no other base
            reason = first_line(error)
            raise ModelUnavailable(f"The reader in {self._folder} cannot be loaded: {reason}.", _HINT) from error
        names = {node.name for node in [*session.get_inputs(), *session.get_outputs()]}
        if names != NODES:
            found = ", ".join(sorted(names))
            raise ModelUnavailable(f"The model in {self._folder} is not a reader: it has {found}.", _HINT)
        return session

    def read(self, question: str, passages: Sequence[ReaderInput]) -> list[Reading]:
        """What each passage says to the question, in the order given; the same input gives the same result."""
        session = self.load()
        return list(self._pool.map(lambda passage: self._read(session, question, passage), passages))

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def _read(self, session: Session, question: str, passage: ReaderInput) -> Reading:
        encoded = self._pairs.encode(question, passage.context, passage.text)
        feeds: dict[str, Any] = {
            "input_ids": encoded.ids[None],
            "attention_mask": (encoded.ids[None] >= 0).astype("int64"),
            "token_type_ids": encoded.types[None],
        }
        spans, answerable = session.run(["spans", "answerable"], feeds)
        return interpret(encoded, spans[0], float(answerable[0]), passage.sentences)


def open_reader(name: str) -> OnnxReader | None:
    """The reader that a setting names: ``packaged``, ``off`` for none, or a folder.

    Raises:
        ModelUnavailable: as from ``OnnxReader``.
    """
    if name == "off":
        return None
    return OnnxReader(Path(__file__).parent / "model" if name == PACKAGED else Path(name).expanduser())


def _check(folder: Path) -> None:
    """The model's file is the one that its card names."""
    try:
        expected = str(json.loads((folder / CARD).read_text("utf-8"))["sha256"])
        with (folder / MODEL).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"{CARD} names no sha256"
        raise ModelUnavailable(f"There is no reader in {folder}: {reason}.", _HINT) from error
    if digest != expected:
        raise ModelUnavailable(
            f"The reader in {folder} is damaged: SHA-256 {digest[:12]}…, expected {expected[:12]}….", _HINT
        )
