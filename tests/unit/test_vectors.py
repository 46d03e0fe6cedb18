from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.index import seal
from assistant.index.vectors import PARTS, SYNC, ChromaIndex, IndexFailed, configuration


def unit(rows: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, 32)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[ChromaIndex]:
    opened = ChromaIndex(tmp_path / "index")
    yield opened
    opened.close()


def test_every_vector_finds_itself_first(index: ChromaIndex) -> None:
    vectors = unit(600)
    index.upsert(range(1, 601), vectors)
    for row in (0, 299, 599):
        seq, similarity = index.query(vectors[row], 5)[0]
        assert seq == row + 1
        assert similarity == pytest.approx(1, abs=1e-5)
    assert index.count() == 600
    assert set(index.ids()) == set(range(1, 601))


def test_similarity_is_the_cosine(index: ChromaIndex) -> None:
    vectors = unit(50)
    index.upsert(range(50), vectors)
    question = unit(1, seed=7)[0]
    exact = sorted(((float(vectors[i] @ question), i) for i in range(50)), reverse=True)[:10]
    found = index.query(question, 10)
    assert [seq for seq, _ in found] == [i for _, i in exact]
    assert [s for _, s in found] == pytest.approx([s for s, _ in exact], abs=1e-4)


def test_deleted_entries_are_gone_and_unknown_ones_ignored(index: ChromaIndex) -> None:
    vectors = unit(10)
    index.upsert(range(10), vectors)
    index.delete([3, 99])
    assert 3 not in {seq for seq, _ in index.query(vectors[3], 10)}
    assert index.count() == 9


def test_an_empty_index_finds_nothing(index: ChromaIndex) -> None:
    assert index.query(unit(1)[0], 5) == []


def test_vectors_of_another_length_are_refused(index: ChromaIndex) -> None:
    index.upsert([1], unit(1))
    with pytest.raises(IndexFailed):
        index.upsert([2], np.ones((1, 7), dtype=np.float32))


def test_it_persists(tmp_path: Path) -> None:
    vectors = unit(20)
    first = ChromaIndex(tmp_path / "index")
    first.upsert(range(20), vectors)
    first.close()
    second = ChromaIndex(tmp_path / "index")
    assert second.query(vectors[4], 1)[0][0] == 4
    second.close()


def test_what_is_filled_at_once_goes_to_disk_a_few_times_only(tmp_path: Path) -> None:
    folder, vectors = tmp_path / "index", unit(5_500)
    index = ChromaIndex(folder, expected=4_000 * PARTS)
    index.upsert(range(3_000), vectors[:3_000])
    assert not list(folder.rglob("index_metadata.pickle"))
    index.upsert(range(3_000, 4_000), vectors[3_000:4_000])
    (written,) = folder.rglob("index_metadata.pickle")
    first = written.stat().st_mtime_ns
    index.filled()
    index.close()

    index = ChromaIndex(folder)
    index.upsert(range(4_000, 4_000 + SYNC), vectors[4_000 : 4_000 + SYNC])
    second = written.stat().st_mtime_ns
    assert second > first
    assert index.query(vectors[3_999], 1)[0][0] == 3_999
    assert index.count() == 5_000
    index.close()


@pytest.mark.parametrize(("expected", "sync"), [(0, SYNC), (15_999, SYNC), (100_001, 12_000), (1_000_000, 125_000)])
def test_how_often_a_collection_goes_to_disk_while_it_is_filled(expected: int, sync: int) -> None:
    (how,) = configuration(expected).values()
    assert how["sync_threshold"] == sync
    (how,) = configuration(expected, most=10_000).values()
    assert how["sync_threshold"] == min(sync, 10_000)


def test_every_entry_of_small_collections_is_reached(tmp_path: Path) -> None:
    """However few there were when the first were looked up."""
    for number in range(30):
        index, vectors = ChromaIndex(tmp_path / f"{number}"), unit(76, seed=number)
        for start, end in ((0, 8), (8, 68), (68, 76)):
            index.upsert(range(start, end), vectors[start:end])
        lost = [seq for seq, vector in enumerate(vectors) if index.query(vector, 1)[0][0] != seq]
        index.close()
        assert lost == []


def test_a_seal_notices_any_change(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    file = tmp_path / "inner" / "data.bin"
    file.write_bytes(b"abcdef")
    assert not seal.is_intact(tmp_path)
    seal.seal(tmp_path)
    assert seal.is_intact(tmp_path)
    file.write_bytes(b"abcdeX")
    assert not seal.is_intact(tmp_path)
    file.write_bytes(b"abcdef")
    (tmp_path / "new").write_bytes(b"")
    assert not seal.is_intact(tmp_path)
    (tmp_path / "new").unlink()
    assert seal.is_intact(tmp_path)
    seal.unseal(tmp_path)
    assert not seal.is_intact(tmp_path)
