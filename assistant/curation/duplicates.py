"""Near-duplicates: the same wire report under other headlines must not count as corroboration.

MinHash signatures (Broder 1997) of word shingles estimate the Jaccard similarity of two texts; bands of the signature
find candidates without comparing every pair. The library is datasketch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.retrieval.words import words_of

Signature = NDArray[np.uint32]

PERMUTATIONS = 128
BANDS = 32  # of 4 rows: texts of similarity 0.8 share a band with near certainty, of 0.3 with one chance in four
SHINGLE = 4  # words
SIMILAR = 0.8  # from here on two texts are near-duplicates


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Another document with nearly the same text."""

    document_id: str
    similarity: float  # estimated Jaccard similarity of word shingles, 0 to 1


def signature(text: str) -> Signature:
    """The MinHash signature of a text, shape (128,)."""
    from datasketch import MinHash  # imported here: it brings scipy, which only an import of documents needs

    words = words_of(text)
    shingles = {" ".join(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))}
    minhash = MinHash(num_perm=PERMUTATIONS)
    minhash.update_batch([shingle.encode() for shingle in sorted(shingles)])
    return np.asarray(minhash.hashvalues, dtype="<u4")


def bands(values: Signature) -> list[int]:
    """One signed 64-bit number a band."""
    rows = values.reshape(BANDS, -1)
    return [_hash(row.tobytes()) for row in rows]


def similarity(one: Signature, other: Signature) -> float:
    """Estimated Jaccard similarity, 0 to 1."""
    return float(np.mean(one == other))


def most_similar(values: Signature, candidates: Iterable[tuple[str, bytes]]) -> list[NearDuplicate]:
    """The near-duplicates among (document id, stored signature) pairs, nearest first."""
    found = [
        NearDuplicate(document_id, round(similarity(values, np.frombuffer(stored, "<u4")), 3))
        for document_id, stored in candidates
    ]
    return sorted((item for item in found if item.similarity >= SIMILAR), key=lambda d: (-d.similarity, d.document_id))


def _hash(data: bytes) -> int:
    """A stable signed 64-bit hash."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little", signed=True)
