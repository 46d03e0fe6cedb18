"""Writes the packaged encoder as an ONNX graph, from its safetensors and without torch.

    ids → word + position vectors → 6 × (attention, feed forward) → states

The graph is put together from onnxruntime's fused operators, a few nodes a layer. With ``int8`` the matrix products
multiply whole numbers: weights by output channel, once, and activations as they come. Processors without VNNI sum two
products of uint8 activations and int8 weights in 16 bits, which saturate; weights of at most 64 keep every sum below
that, so that the same text has the same vector here and there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from assistant.index.embedding import FloatArray

if TYPE_CHECKING:
    import onnx

Precision = Literal["int8", "fp32"]

FORMAT = 2  # part of the vectors' fingerprint: change it when a graph's vectors would come out differently
INPUT, OUTPUT = "ids", "states"
LAYERS, HEADS = 6, 12
EPSILON = 1e-12
NORM = ("LayerNorm.weight", "LayerNorm.bias")
OPSET, IR_VERSION = 20, 10
CONTRIB = "com.microsoft"
MOST = 64  # of a weight as a whole number: 2 × 255 × 64 < 2¹⁵


def export(folder: Path, precision: Precision) -> bytes:
    """The model of a folder as ONNX: token ids (1, tokens) to the tokens' states (1, tokens, dimension).

    Args:
        folder: holds ``model.safetensors``, a BERT encoder of the default model's shape.
        precision: of the matrix products.
    """
    from safetensors.numpy import load_file

    return _Graph(load_file(folder / "model.safetensors"), precision).build()


class _Graph:
    """One graph while it is put together; names of values are those of the weights they come from."""

    def __init__(self, weights: dict[str, Any], precision: Precision) -> None:
        self._weights = weights
        self._precision = precision
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def build(self) -> bytes:
        from onnx import TensorProto, helper

        states = self._embed()
        for layer in range(LAYERS):
            states = self._layer(f"encoder.layer.{layer}.", states)
        self._node("Identity", [states], OUTPUT)
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [helper.make_tensor_value_info(INPUT, TensorProto.INT64, [1, "tokens"])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, "tokens", self._width])],
            self._constants,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        return bytes(model.SerializeToString(deterministic=True))

    @property
    def _width(self) -> int:
        return int(self._weights["embeddings.word_embeddings.weight"].shape[1])

    def _embed(self) -> str:
        name = "embeddings."
        words = self._weights[f"{name}word_embeddings.weight"]
        # Every token is of the first type, so its vector belongs to the positions.
        types = self._weights[f"{name}token_type_embeddings.weight"]
        positions = self._weights[f"{name}position_embeddings.weight"] + types[0]
        self._node("Gather", [self._constant(f"{name}words", words), INPUT], f"{name}of_words")
        self._node("Shape", [INPUT], f"{name}tokens", start=1, end=2)
        first, axis = (self._constant(f"{name}{what}", np.zeros(1, np.int64)) for what in ("first", "axis"))
        at = [self._constant(f"{name}positions", positions), first, f"{name}tokens", axis]
        self._node("Slice", at, f"{name}of_positions")
        return self._normalised(name, f"{name}of_words", f"{name}of_positions")

    def _layer(self, name: str, states: str) -> str:
        weights = self._weights
        attention = f"{name}attention."
        parts = [f"{attention}self.{part}" for part in ("query", "key", "value")]
        weight = np.concatenate([weights[f"{part}.weight"] for part in parts])
        bias = np.concatenate([weights[f"{part}.bias"] for part in parts])
        joint = self._product(f"{attention}qkv", states, weight, bias)
        self._node("Split", [joint], *parts, axis=-1, num_outputs=len(parts))
        mixed = self._node("MultiHeadAttention", parts, f"{attention}mixed", domain=CONTRIB, num_heads=HEADS)
        states = self._dense(f"{attention}output.", mixed, states)
        inner = f"{name}intermediate.dense"
        wide = self._product(inner, states, weights[f"{inner}.weight"], weights[f"{inner}.bias"])
        active = self._node("Gelu", [wide], f"{name}active", approximate="none")
        return self._dense(f"{name}output.", active, states)

    def _dense(self, name: str, values: str, residual: str) -> str:
        weight, bias = self._weights[f"{name}dense.weight"], self._weights[f"{name}dense.bias"]
        product = self._product(f"{name}dense", values, weight, bias)
        return self._normalised(name, product, residual)

    def _product(self, name: str, values: str, weight: FloatArray, bias: FloatArray) -> str:
        matrix = weight.T
        shift = self._constant(f"{name}.bias", bias)
        if self._precision == "fp32":
            product = self._node("MatMul", [values, self._constant(f"{name}.weight", matrix)], f"{name}.product")
            return self._node("Add", [product, shift], f"{name}.out")
        scale = np.maximum(np.abs(matrix).max(axis=0) / MOST, np.finfo(np.float32).tiny)
        quantised = [
            self._constant(f"{name}.weight", np.rint(matrix / scale).astype(np.int8)),
            self._constant(f"{name}.scale", scale.astype(np.float32)),
            self._constant(f"{name}.zero", np.zeros(len(scale), np.int8)),
        ]
        return self._node("DynamicQuantizeMatMul", [values, *quantised, shift], f"{name}.out", domain=CONTRIB)

    def _normalised(self, name: str, one: str, other: str) -> str:
        """The sum of two, normalised: two nodes, of which onnxruntime's fused one takes three times as long."""
        scale, shift = (self._constant(f"{name}{part}", self._weights[f"{name}{part}"]) for part in NORM)
        self._node("Add", [one, other], f"{name}sum")
        return self._node("LayerNormalization", [f"{name}sum", scale, shift], f"{name}out", axis=-1, epsilon=EPSILON)

    def _constant(self, name: str, values: Any) -> str:
        from onnx import numpy_helper

        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _node(self, kind: str, inputs: list[str], *outputs: str, domain: str = "", **attributes: Any) -> str:
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, list(outputs), domain=domain, **attributes))
        return outputs[0]
