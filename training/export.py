"""Writes a trained reader as int8 ONNX, as the project ships it.

    python -m training.export reader.pt OUT DATA

Weights of the matrix products become int8 by output channel, of seven bits so that no product saturates on processors
without VNNI; activations are quantised as they come (onnxruntime's dynamic quantisation); word vectors become int8 too.
DATA is the folder that the reader was trained with: the held-out articles are read with the network as trained and with
the file written, and the figures of both are printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from assistant.answering.reader.encoding import PairEncoder
from assistant.answering.reader.onnx import CARD, MODEL, TOKENIZER
from assistant.index.embedding import DEFAULT_MODEL, locate
from training.data import HELD_OUT, load
from training.measure import measure, with_file, with_network
from training.model import Reader

OPSET = 17


def main() -> None:
    """Export and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("data", type=Path)
    arguments = parser.parse_args()
    folder, revision = locate(DEFAULT_MODEL)
    model = Reader.start(folder)
    model.load_state_dict(torch.load(arguments.weights, weights_only=True))
    model.eval()
    arguments.out.mkdir(parents=True, exist_ok=True)
    target = arguments.out / MODEL
    with tempfile.TemporaryDirectory() as temporary:
        plain = Path(temporary) / "plain.onnx"
        export(model, plain)
        quantize_dynamic(plain, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    shutil.copyfile(folder / "tokenizer.json", arguments.out / TOKENIZER)
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    card = {"sha256": digest, "started_from": f"{DEFAULT_MODEL}@{revision}", "trained_by": "training/README.md"}
    (arguments.out / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    pairs = PairEncoder(arguments.out / TOKENIZER)
    held_out = [question for question in load(arguments.data) if question.paragraph.article in HELD_OUT]
    print("as trained", json.dumps(measure(with_network(model, pairs), held_out)))
    print("as written", json.dumps(measure(with_file(target, pairs), held_out)))
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB, SHA-256 {digest}")


def export(model: Reader, path: Path) -> None:
    """The network in single precision, for any batch and length."""
    example = torch.ones(1, 16, dtype=torch.int64)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "batch", 1: "tokens"} for name in [*names, "spans"]} | {"answerable": {0: "batch"}}
    torch.onnx.export(
        model,
        (example, example, torch.zeros_like(example)),
        str(path),
        input_names=names,
        output_names=["spans", "answerable"],
        dynamic_axes=axes,
        opset_version=OPSET,
        dynamo=False,
    )
    onnx.checker.check_model(str(path))


if __name__ == "__main__":
    main()
