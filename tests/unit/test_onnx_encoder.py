"""The default encoder on onnxruntime, beside the same weights on torch."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from assistant.errors import InvalidConfiguration, ModelUnavailable
from assistant.index import embedding, onnx_encoder
from assistant.index.embedding import DEFAULT_MODEL, EncoderInput, locate, packaged
from assistant.index.encoders import former_encoder, open_encoder
from assistant.index.onnx_encoder import OnnxEncoder
from assistant.index.onnx_export import LAYERS, export
from assistant.index.torch_encoder import SentenceTransformerEncoder

TEXTS = (
    "Rain fell on the harbour. The treaty was signed in May.",
    "The delegation left Geneva without an agreement; nobody was surprised.",
    "Größe, naïve, 🚢 and Ａ are letters as well.",
    "word " * 400,
    "",
)


def item(text: str, context: str = "") -> EncoderInput:
    middle = len(text) // 2
    return EncoderInput(context, text, ((0, middle), (middle, len(text))) if text else ())


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def encoder(cache: Path) -> OnnxEncoder:
    return OnnxEncoder(cache, threads=2)


def test_in_single_precision_the_graph_is_the_model(cache: Path) -> None:
    graph, model = OnnxEncoder(cache, precision="fp32"), SentenceTransformerEncoder()
    inputs = [item(text, "Weather – News") for text in TEXTS]
    for ours, theirs in zip(graph.encode_passages(inputs), model.encode_passages(inputs), strict=True):
        for mine, other in zip(ours, theirs, strict=True):
            assert mine.shape == other.shape
            assert np.allclose(mine, other, atol=2e-5)
    question = "When was the treaty signed?"
    assert np.allclose(graph.encode_question(question), model.encode_question(question), atol=2e-5)
    assert graph.count_tokens(TEXTS) == model.count_tokens(TEXTS)
    assert (graph.dimension, graph.max_tokens) == (model.dimension, model.max_tokens)


def test_in_whole_numbers_it_is_near_the_model(encoder: OnnxEncoder, cache: Path) -> None:
    exact = OnnxEncoder(cache, precision="fp32")
    inputs = [item(text) for text in TEXTS[:4]]
    for (ours, _), (theirs, _) in zip(encoder.encode_passages(inputs), exact.encode_passages(inputs), strict=True):
        assert 0.97 < float(ours @ theirs) < 0.999999  # near, and really in whole numbers


def test_its_products_saturate_on_no_processor() -> None:
    """Those without VNNI sum two products of a byte and a weight in 16 bits."""
    graph = onnx.load_from_string(export(packaged(), "int8")).graph
    whole = [onnx.numpy_helper.to_array(one) for one in graph.initializer if one.data_type == onnx.TensorProto.INT8]
    weights = [one.astype(int) for one in whole if one.ndim == 2]
    assert len(weights) == 4 * LAYERS
    assert max(int(np.abs(one).max()) for one in weights) * 255 * 2 < 2**15


def test_a_passage_has_the_same_bits_in_any_company(encoder: OnnxEncoder) -> None:
    inputs = [item(text, context) for text in TEXTS for context in ("", "A title")] * 3
    together = encoder.encode_passages(inputs)
    backwards = encoder.encode_passages(inputs[::-1])[::-1]
    for one, (vector, sentences), (again, _) in zip(inputs, together, backwards, strict=True):
        ((alone, alone_sentences),) = encoder.encode_passages([one])
        assert vector.tobytes() == alone.tobytes() == again.tobytes()
        assert sentences.tobytes() == alone_sentences.tobytes()


def test_vectors_are_unit_rows_and_sentences_have_their_own(encoder: OnnxEncoder) -> None:
    text = TEXTS[0]
    ((vector, sentences),) = encoder.encode_passages([EncoderInput("News", text, ((0, 25), (26, len(text))))])
    assert np.allclose(np.linalg.norm(np.vstack([vector[None], sentences]), axis=1), 1, atol=1e-5)
    question = encoder.encode_question("When was the treaty signed?")
    assert question @ sentences[1] > question @ sentences[0] + 0.1


def test_the_text_beyond_the_window_is_not_read(encoder: OnnxEncoder) -> None:
    long = "word " * 254
    assert np.array_equal(encoder.encode_question(long), encoder.encode_question(f"{long} and something else"))
    assert not np.array_equal(encoder.encode_question(long), encoder.encode_question(f"start {long}"))


def test_langchain_may_call_it(encoder: OnnxEncoder) -> None:
    assert encoder.embed_query("a question") == pytest.approx(encoder.encode_question("a question"))
    assert [len(v) for v in encoder.embed_documents(["one", "two"])] == [encoder.dimension] * 2


def test_it_is_exported_once(cache: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = encoder.encode_question("Who signed?")

    def fail(*_: object) -> bytes:
        raise AssertionError("exported again")

    monkeypatch.setattr(onnx_encoder, "export", fail)
    assert np.array_equal(OnnxEncoder(cache).encode_question("Who signed?"), expected)


def test_a_damaged_export_is_never_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    expected = OnnxEncoder(tmp_path).encode_question("Who signed?")
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1000] + bytes(1000))
    with caplog.at_level(logging.WARNING):
        assert np.array_equal(OnnxEncoder(tmp_path).encode_question("Who signed?"), expected)
    assert "damaged" in caplog.text
    assert kept.read_bytes() == whole  # the same bytes come of the same weights


def test_without_a_place_to_keep_it_it_is_still_served(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING):
        assert OnnxEncoder(tmp_path / "file" / "below").encode_question("Who signed?").shape == (384,)
    assert "not kept" in caplog.text


def test_damaged_weights_are_not_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _ = locate(DEFAULT_MODEL)
    shutil.copytree(folder, tmp_path / "model")
    weights = tmp_path / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + bytes(4))
    monkeypatch.setattr(embedding, "packaged", lambda: tmp_path / "model")
    with pytest.raises(ModelUnavailable, match="damaged"):
        OnnxEncoder(tmp_path / "cache").encode_question("anything")


def test_a_backend_is_chosen_by_its_setting(cache: Path, tmp_path: Path) -> None:
    folder, _ = locate(DEFAULT_MODEL)
    default = open_encoder(DEFAULT_MODEL, "auto", cache, 0)
    assert isinstance(default, OnnxEncoder)
    torch = open_encoder(DEFAULT_MODEL, "torch", cache, 0)
    assert isinstance(torch, SentenceTransformerEncoder)
    other = open_encoder(str(folder), "auto", cache, 0)
    assert isinstance(other, SentenceTransformerEncoder)
    assert len({default.fingerprint, torch.fingerprint, other.fingerprint}) == 3
    with pytest.raises(InvalidConfiguration, match="ASSISTANT_EMBEDDING_BACKEND"):
        open_encoder(str(folder), "onnx", cache, 0)


def test_what_a_corpus_was_embedded_with_is_opened_again(cache: Path) -> None:
    for backend in ("torch", "onnx"):
        encoder = open_encoder(DEFAULT_MODEL, backend, cache, 0)
        former = former_encoder(encoder.fingerprint, cache, 0)
        assert type(former) is type(encoder)
    assert former_encoder("no-such-model@123/384/mean-pooled/unit/late-sentences", cache, 0) is None
    assert former_encoder(f"{DEFAULT_MODEL}@other/384/mean-pooled/unit/late-sentences", cache, 0) is None


@pytest.mark.usefixtures("encoder")  # exported, which is what other libraries are for
def test_it_needs_no_torch(cache: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from assistant.index.encoders import open_encoder;"
        f"e = open_encoder({DEFAULT_MODEL!r}, 'auto', Path(sys.argv[1]), 0);"
        "assert e.encode_question('What?').shape == (384,); e.embed_documents(['text']);"
        "heavy = ('torch', 'sentence_transformers', 'transformers', 'langchain_core', 'onnx');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(cache)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
