"""What the models alone can give: questions a second with nothing of the assistant around them.

    python -m benchmarks.models_alone DATA_DIR QUESTIONS [--seconds N]

QUESTIONS is a file with a question a line. *encoder*: every question encoded, on all cores. *models*: every question
encoded and its best passages read, as an answer has to; the passages are found beforehand. Prints JSON. The load test
runs this in a process of its own, before and after (``benchmarks.load``).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from assistant.asking import AskRequest
from assistant.onnx_session import cores
from assistant.retrieval.hybrid import Hit
from assistant.services import Services, open_services
from assistant.settings import load_settings

READ = 200  # questions whose passages are found beforehand; they are gone through again and again

T = TypeVar("T")


def read_for(services: Services, question: str) -> list[Hit]:
    """The passages that are read for a question's answer."""
    evidence = services.asker.grounds(AskRequest(question)).evidence
    return list({one.hit.seq: one.hit for one in evidence if one.reading is not None}.values())


def rate(work: Callable[[T], object], items: Sequence[T], seconds: float) -> dict[str, float]:
    """How many items a second all cores get through, and the processor milliseconds of one.

    Args:
        work: for one item; called from two threads a core, so that no core waits.
        items: gone through in order and from the beginning again.
        seconds: for how long.
    """
    threads = 2 * cores()
    began, used = time.perf_counter(), time.process_time()

    def go(first: int) -> int:
        done = 0
        while time.perf_counter() - began < seconds:
            work(items[(first + done * threads) % len(items)])
            done += 1
        return done

    with ThreadPoolExecutor(threads) as pool:
        done = sum(pool.map(go, range(threads)))
    took, used = time.perf_counter() - began, time.process_time() - used
    return {"per_s": round(done / took, 2), "processor_ms": round(used / done * 1000, 2)}


def measure(services: Services, questions: Sequence[str], seconds: float) -> dict[str, Any]:
    """Both rates."""
    encode, reading = services.encoder.encode_question, services.asker.second_look
    forget: Callable[[], None] = getattr(encode, "cache_clear", lambda: None)

    def encoded(question: str) -> None:
        encode(question)

    found = [(question, read_for(services, question)) for question in questions[:READ]]

    def read(item: tuple[str, list[Hit]]) -> None:
        forget()  # a question's vector is kept, and these come again
        encode(item[0])
        reading.at(*item)

    forget()
    return {"encoder": rate(encoded, questions, seconds), "models": rate(read, found, seconds)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    questions = arguments.questions.read_text(encoding="utf-8").splitlines()
    with open_services(load_settings(data_dir=arguments.data_dir)) as services:
        services.warm_up()
        print(json.dumps(measure(services, questions, arguments.seconds)))


if __name__ == "__main__":
    main()
