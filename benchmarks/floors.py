"""What no answer can be faster than: a bare FastAPI endpoint, and NumPy over all vectors.

``python -m benchmarks.floors ANSWER.json`` serves that answer from memory to every question.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from numpy.typing import NDArray
from pydantic import BaseModel

from assistant.index.catalog import stream_vectors
from assistant.index.database import Database
from assistant.index.generations import current_generation

NEAREST = 60  # as many as the assistant asks its index for


class Question(BaseModel):
    """As the assistant takes it."""

    question: str


def vectors_of(catalog: Path) -> NDArray[np.float32]:
    """All vectors of a catalog, shape (passages, dimension)."""
    database = Database(catalog)
    with database.read() as connection:
        pages = [page for _, page in stream_vectors(connection, current_generation(connection).id)]
    database.close()
    return np.concatenate(pages)


def scan(vectors: NDArray[np.float32], question: NDArray[np.float32]) -> NDArray[np.intp]:
    """The rows nearest to a question, nearest first."""
    scores = vectors @ question
    nearest = np.argpartition(-scores, min(NEAREST, len(scores) - 1))[:NEAREST]
    return nearest[np.argsort(-scores[nearest])]


def main() -> None:
    """Serve the answer."""
    answer: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    app = FastAPI()

    @app.post("/api/v1/ask")
    async def ask(question: Question) -> JSONResponse:
        return JSONResponse({**answer, "asked": question.question})

    listener = socket.create_server(("127.0.0.1", 0))
    print(f"The floor answers on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listener])


if __name__ == "__main__":
    main()
