"""The optimisations around the encoder and the reader."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime

from assistant.answering.reader import onnx as reader_module
from assistant.answering.reader.onnx import OnnxReader, open_reader
from assistant.answering.reader.reading import ReaderInput
from assistant.index.embedding import Encoder, EncoderInput, packaged
from assistant.index.onnx_encoder import OnnxEncoder
from assistant.index.onnx_export import CONTRIB, EPSILON, INPUT, OUTPUT, export
from assistant.onnx_session import cores, open_session
from assistant.settings import load_settings
from benchmarks import texts
from benchmarks.ablation import Case, wall
from benchmarks.cutting import cut

PASSAGES = 48
QUESTIONS = 200
BATCH = 32  # texts in one run
LENGTHS = {"questions": 16, "passages": 160}  # tokens; all of a batch are as long, which favours batches
READ = 8  # passages with a question
QUICK = 24  # runs of one passage

# What a process of its own prints: its threads and megabytes once it has encoded a question.
ENCODES_ONE = """
import sys
from pathlib import Path
from assistant.index.onnx_encoder import OnnxEncoder
OnnxEncoder(Path(sys.argv[1])).encode_question("ready")
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(status["Threads"], int(status["VmRSS"].split()[0]) / 1024)
"""


def cases() -> Iterator[Case]:
    """All of them; torch comes last, because its threads stay."""
    cache = load_settings().cache_dir
    encoder, exact = OnnxEncoder(cache), OnnxEncoder(cache, precision="fp32")
    passages, questions = passages_of(encoder, PASSAGES), texts.questions(200, QUESTIONS)
    ours = partial(_encoding, encoder, passages)
    yield Case("the encoder in int8", "ms a passage", ours, partial(_encoding, exact, passages), "fp32")
    yield Case("the longest passage first", "ms a passage", ours, partial(_in_order, encoder, passages), "in order")
    yield from _graphs()
    yield from _batches()
    yield Case(
        "sentence vectors from the passage's own pass",
        "ms a passage",
        ours,
        partial(_encoding, encoder, [*passages, *_sentences(passages)], of=len(passages)),
        "a pass for each sentence",
    )
    yield Case(
        "the vectors of the last questions kept",
        "ms a question asked again",
        partial(_asking, encoder.encode_question, questions),
        partial(_asking, encoder._encode_question, questions),
        "encoding it again",
    )
    yield from _reading(questions[0], passages[:READ])
    for place, unit in enumerate(("threads once a question is encoded", "MB once a question is encoded")):
        yield Case(
            "OPENBLAS_NUM_THREADS=1",
            unit,
            partial(_process, "1", place),
            partial(_process, "", place),
            "a thread a core",
        )
    yield Case("onnxruntime in int8", "ms a passage", ours, partial(_by_torch, passages), "torch in fp32")


def passages_of(encoder: Encoder, wanted: int) -> list[EncoderInput]:
    """Passages of reports, as documents are cut."""
    reports = (cut(texts.report(number), encoder.count_tokens, encoder.max_tokens) for number in count())
    return list(islice(chain.from_iterable(report.inputs for report in reports), wanted))


def _encoding(encoder: Encoder, passages: Sequence[EncoderInput], of: int = 0) -> float:
    return wall(lambda: encoder.encode_passages(passages), of or len(passages))


def _in_order(encoder: OnnxEncoder, passages: Sequence[EncoderInput]) -> float:
    return wall(lambda: list(encoder._pool.map(encoder._encode_passage, passages)), len(passages))


def _by_torch(passages: Sequence[EncoderInput]) -> float:
    from assistant.index.torch_encoder import SentenceTransformerEncoder

    encoder = SentenceTransformerEncoder()
    encoder.encode_question("ready")  # loading is not what is measured
    return _encoding(encoder, passages)


def _sentences(passages: Sequence[EncoderInput]) -> list[EncoderInput]:
    return [EncoderInput("", one.text[start:end], ()) for one in passages for start, end in one.sentences]


def _asking(encode: Callable[[str], object], questions: Sequence[str]) -> float:
    return wall(lambda: [encode(question) for question in questions], len(questions))


def _batches() -> Iterator[Case]:
    """Runs of one text in threads of ours, beside batches in onnxruntime's own threads and beside those alone."""
    model = export(packaged(), "int8")
    alone, threaded = open_session(model), _threaded(model)
    batched = _threaded(_for_batches(model))
    chance = np.random.default_rng(1)
    for what, length in LENGTHS.items():
        ids = chance.integers(1_000, 20_000, (BATCH, length))
        one_by_one = partial(_beside_each_other, alone, ids)
        yield Case(
            f"{what} run one at a time, a thread each",
            "ms each",
            one_by_one,
            partial(_run, batched, [ids]),
            f"batches of {BATCH}",
        )
        yield Case(
            f"a thread for each run of {what}",
            "ms each",
            one_by_one,
            partial(_run, threaded, [row[None] for row in ids]),
            "onnxruntime's threads for one run",
        )


def _graphs() -> Iterator[Case]:
    """The nodes of the encoder's graph, beside others that compute the same."""
    model = export(packaged(), "int8")
    row = np.random.default_rng(1).integers(1_000, 20_000, (1, LENGTHS["passages"]))
    ours = partial(_run, open_session(model), [row] * QUICK)
    for what, instead, changed in (
        ("weights of seven bits with a sign", "eight bits without", _without_signs(model)),
        ("a sum and its norm as two nodes", "onnxruntime's one", _with_fused_norms(model)),
    ):
        yield Case(what, "ms a passage on one core", ours, partial(_run, open_session(changed), [row] * QUICK), instead)


def _without_signs(model: bytes) -> bytes:
    """The same weights as unsigned numbers, among which 128 stands for 0."""
    changed = onnx.load_from_string(model)
    for constant in changed.graph.initializer:
        if constant.data_type == onnx.TensorProto.INT8:
            values = onnx.numpy_helper.to_array(constant).astype(np.int16) + 128
            constant.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.uint8), constant.name))
    return bytes(changed.SerializeToString())


def _with_fused_norms(model: bytes) -> bytes:
    """Each layer's sum and norm as one node."""
    changed = onnx.load_from_string(model)
    nodes = changed.graph.node
    sums = {node.output[0]: node for node in nodes if node.op_type == "Add"}
    for node in nodes:
        if node.op_type == "LayerNormalization" and "layer" in node.output[0]:
            added = sums[node.input[0]]
            node.op_type, node.domain = "SkipLayerNormalization", CONTRIB
            node.input[:] = [*added.input, *node.input[1:]]
            del node.attribute[:]
            node.attribute.append(onnx.helper.make_attribute("epsilon", EPSILON))
            nodes.remove(added)
    return bytes(changed.SerializeToString())


def _threaded(model: bytes) -> Any:
    """A session whose runs use every core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _for_batches(model: bytes) -> bytes:
    """The same graph for any number of texts."""
    changed = onnx.load_from_string(model)
    for value in (*changed.graph.input, *changed.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "texts"
    return bytes(changed.SerializeToString())


def _run(session: Any, batches: Sequence[Any]) -> float:
    texts_run = sum(len(batch) for batch in batches)
    return wall(lambda: [session.run([OUTPUT], {INPUT: batch}) for batch in batches], texts_run)


def _beside_each_other(session: Any, ids: Any) -> float:
    with ThreadPoolExecutor(cores()) as pool:
        return wall(lambda: list(pool.map(lambda row: session.run([OUTPUT], {INPUT: row[None]}), ids)), len(ids))


def _reading(question: str, passages: Sequence[EncoderInput]) -> Iterator[Case]:
    reader = open_reader("packaged")
    assert reader is not None
    read = [ReaderInput(one.context, one.text, one.sentences) for one in passages]
    session = _threaded((Path(reader_module.__file__).parent / "model" / reader_module.MODEL).read_bytes())
    yield Case(
        "passages read one at a time, a thread each",
        f"ms for {READ}",
        lambda: wall(lambda: reader.read(question, read), 1),
        lambda: wall(lambda: _read_together(reader, session, question, read), 1),
        "one padded batch",
    )


def _read_together(reader: OnnxReader, session: Any, question: str, passages: Sequence[ReaderInput]) -> None:
    """All passages in one run, as long as the longest; what comes out is not interpreted."""
    encoded = [reader._pairs.encode(question, one.context, one.text) for one in passages]
    shape = len(encoded), max(len(one.ids) for one in encoded)
    ids, types, mask = (np.zeros(shape, np.int64) for _ in range(3))
    for row, one in enumerate(encoded):
        ids[row, : len(one.ids)], types[row, : len(one.ids)], mask[row, : len(one.ids)] = one.ids, one.types, 1
    session.run(["spans", "answerable"], {"input_ids": ids, "attention_mask": mask, "token_type_ids": types})


def _process(threads: str, place: int) -> float:
    """What a process takes that encodes one question."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads}
    if not threads:
        del environment["OPENBLAS_NUM_THREADS"]
    command = [sys.executable, "-c", ENCODES_ONE, str(load_settings().cache_dir)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return float(done.stdout.split()[place])
