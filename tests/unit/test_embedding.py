from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import ModelUnavailable
from assistant.index import embedding
from assistant.index.embedding import EncoderInput
from assistant.index.torch_encoder import SentenceTransformerEncoder


@pytest.fixture(scope="module")
def encoder() -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder()


def test_meaning_is_nearer_than_words(encoder: SentenceTransformerEncoder) -> None:
    question = encoder.encode_question("Who leads the government of the country?")
    near, far = (v for v, _ in encoder.encode_passages([_input("The prime minister heads it."), _input("It rained.")]))
    assert question @ near > question @ far + 0.2


def test_vectors_have_unit_length_and_sentences_their_own(encoder: SentenceTransformerEncoder) -> None:
    text = "Rain fell on the harbour. The treaty was signed in May."
    spans = ((0, 25), (26, len(text)))
    ((vector, sentences),) = encoder.encode_passages([EncoderInput("Weather – News", text, spans)])
    assert vector.shape == (encoder.dimension,)
    assert sentences.shape == (2, encoder.dimension)
    assert np.allclose(np.linalg.norm(np.vstack([vector[None], sentences]), axis=1), 1, atol=1e-5)
    question = encoder.encode_question("When was the treaty signed?")
    assert question @ sentences[1] > question @ sentences[0] + 0.1


def test_the_same_passage_has_the_same_vector_in_any_company(encoder: SentenceTransformerEncoder) -> None:
    item = _input("The delegation left Geneva without an agreement.")
    others = [_input("word " * n) for n in (3, 50, 200)]
    ((alone, _),) = encoder.encode_passages([item])
    together = encoder.encode_passages([*others, item])[-1][0]
    assert float(alone @ together) > 0.99999


def test_it_is_langchains_embeddings(encoder: SentenceTransformerEncoder) -> None:
    from langchain_core.embeddings import Embeddings

    assert isinstance(encoder, Embeddings)
    assert len(encoder.embed_query("a question")) == encoder.dimension
    assert [len(v) for v in encoder.embed_documents(["one", "two"])] == [encoder.dimension] * 2


def test_tokens_are_counted_beyond_the_tokenizers_own_limit(encoder: SentenceTransformerEncoder) -> None:
    assert encoder.count_tokens(["word " * 400, "one two"]) == [400, 2]


def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "model"
    broken.mkdir()
    (broken / "model.safetensors").write_bytes(b"damaged")
    (tmp_path / "__init__.py").write_text("")
    monkeypatch.setattr(embedding.importlib.util, "find_spec", lambda _: _Spec(str(tmp_path / "__init__.py")))
    with pytest.raises(ModelUnavailable, match="damaged") as caught:
        SentenceTransformerEncoder()
    assert "Reinstall" in str(caught.value)


def test_a_missing_model_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelUnavailable, match="neither a folder nor reachable"):
        SentenceTransformerEncoder("nobody/no-such-model-anywhere")
    with pytest.raises(ModelUnavailable, match=r"no model\.safetensors"):
        SentenceTransformerEncoder(str(tmp_path))


def test_a_model_from_a_folder_has_its_own_fingerprint(tmp_path: Path, encoder: SentenceTransformerEncoder) -> None:
    shutil.copytree(encoder._path, tmp_path / "copy")
    weights = tmp_path / "copy" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    damaged = SentenceTransformerEncoder(str(tmp_path / "copy"))
    assert damaged._revision != encoder._revision
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        damaged.encode_question("anything")


def _input(text: str) -> EncoderInput:
    return EncoderInput("", text, ((0, len(text)),))


class _Spec:
    def __init__(self, origin: str) -> None:
        self.origin = origin
