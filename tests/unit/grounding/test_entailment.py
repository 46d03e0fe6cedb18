"""An NLI cross-encoder as a second opinion: the real loading code on a tiny model that the test makes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from assistant.answering.grounding.analysis import Analyst
from assistant.answering.grounding.checking import SentenceChecker
from assistant.answering.grounding.entailment import NliModel
from assistant.answering.grounding.lexicon import Lexicon
from assistant.errors import ModelUnavailable
from assistant.services import Services
from assistant.verifying import VerifyRequest

SENTENCE = "Russia annexed Crimea in 2014."


def save_model(folder: Path, leaning: float, *labels: str) -> None:
    """A cross-encoder that gives its first label the logit ``leaning``, whatever it reads."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder.mkdir()
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "russia", "crimea"]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        id2label=dict(enumerate(labels)),
        label2id={label: place for place, label in enumerate(labels)},
    )
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.zero_()
        model.classifier.bias[0] = leaning
    model.save_pretrained(folder, safe_serialization=True)


@pytest.mark.parametrize(("leaning", "verdict"), [(5.0, "supported"), (-5.0, "not_in_corpus")])
def test_the_model_has_to_agree(articles: Services, tmp_path: Path, leaning: float, verdict: str) -> None:
    save_model(tmp_path / "nli", leaning, "entailment", "neutral", "contradiction")
    nli = NliModel(str(tmp_path / "nli"))
    checker = SentenceChecker(articles.language, Analyst(articles.verifier.checker.actors), Lexicon(), nli)
    verifier = dataclasses.replace(articles.verifier, checker=checker)
    (checked,) = verifier.verify(VerifyRequest(SENTENCE)).sentences
    assert checked.verdict == verdict
    assert (checked.score >= 0.5) is (verdict == "supported")
    assert bool(checked.citations) is (verdict == "supported")


def test_a_model_that_cannot_be_used_is_one_clear_error(tmp_path: Path) -> None:
    save_model(tmp_path / "other", 0.0, "positive", "negative")
    with pytest.raises(ModelUnavailable, match="no label called entailment"):
        NliModel(str(tmp_path / "other")).entails([("a", "b")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        NliModel(str(tmp_path / "empty")).entails([("a", "b")])
