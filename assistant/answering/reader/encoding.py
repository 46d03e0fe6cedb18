"""A question and a passage as one run of tokens, the same for training and for reading."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from assistant.errors import ModelUnavailable

QUESTION_TOKENS = 64  # of a longer question the beginning is read
PASSAGE_TOKENS = 256  # of title, headings and text; what is beyond is not read
CLS, SEP = "[CLS]", "[SEP]"


@dataclass(frozen=True, slots=True)
class Encoded:
    """Tokens of ``[CLS] question [SEP] context text [SEP]``; every array has one entry a token."""

    ids: NDArray[np.int64]
    types: NDArray[np.int64]  # 0 for the question, 1 for the passage
    starts: NDArray[np.int64]  # code points into the passage's text; -1 for tokens outside it
    ends: NDArray[np.int64]


class PairEncoder:
    """Tokenizes pairs with a BERT tokenizer.

    Args:
        path: a ``tokenizer.json``.

    Raises:
        ModelUnavailable: the file cannot be read, or it is not a BERT tokenizer's.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # tokenizers raises bare Exception
            raise ModelUnavailable(f"The reader's tokenizer {path} cannot be read: {error}.", None) from error
        # The file of MiniLM fixes padding and truncation at 128 tokens; pairs are cut here instead.
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        cls, sep = self._tokenizer.token_to_id(CLS), self._tokenizer.token_to_id(SEP)
        if cls is None or sep is None:
            raise ModelUnavailable(f"The reader's tokenizer {path} lacks {CLS} or {SEP}.", None)
        self._cls, self._sep = cls, sep

    def encode(self, question: str, context: str, text: str) -> Encoded:
        """Tokens of a question with one passage.

        Args:
            question: what is asked.
            context: title and headings, which are read but hold no answer.
            text: the passage, into which offsets count.
        """
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[:QUESTION_TOKENS]
        before = self._tokenizer.encode(context, add_special_tokens=False).ids[: PASSAGE_TOKENS // 4] if context else []
        body = self._tokenizer.encode(text, add_special_tokens=False)
        room = PASSAGE_TOKENS - len(before)
        offsets = np.array(body.offsets[:room], dtype=np.int64).reshape(-1, 2)
        head = len(asked) + len(before) + 2
        outside = np.full(head, -1, dtype=np.int64)
        tail = np.full(1, -1, dtype=np.int64)
        ids = [self._cls, *asked, self._sep, *before, *body.ids[:room], self._sep]
        types = np.ones(len(ids), dtype=np.int64)
        types[: len(asked) + 2] = 0
        return Encoded(
            ids=np.array(ids, dtype=np.int64),
            types=types,
            starts=np.concatenate([outside, offsets[:, 0], tail]),
            ends=np.concatenate([outside, offsets[:, 1], tail]),
        )
