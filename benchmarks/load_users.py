"""What a user does under load, as locust runs it: asks one question after the other, each never asked before.

``benchmarks.load`` starts it and names by variables: ``LOAD_QUESTIONS`` the file of questions, one a line,
``LOAD_ROUTE`` and ``LOAD_FIELD`` where and as what they are sent, ``LOAD_FOUND`` the file for what came of each.
"""

from __future__ import annotations

import json
import os
import time
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from locust import FastHttpUser, constant, events, task

ROUTE, FIELD = os.environ["LOAD_ROUTE"], os.environ["LOAD_FIELD"]
# When there are no more they are empty, which is an error and counted as one.
QUESTIONS = chain(Path(os.environ["LOAD_QUESTIONS"]).read_text(encoding="utf-8").splitlines(), repeat(""))
FOUND: list[dict[str, Any]] = []


class Asking(FastHttpUser):
    """Somebody who waits for each answer and then asks the next at once."""

    wait_time = constant(0)
    connection_timeout = 30.0
    network_timeout = 120.0
    max_retries = 0

    @task
    def ask(self) -> None:
        """One question."""
        with self.client.post(ROUTE, json={FIELD: next(QUESTIONS)}, name=ROUTE, catch_response=True) as response:
            came = {"at": time.time(), "ms": response.request_meta["response_time"], "status": response.status_code}
            answer = _kind(response.text) if response.status_code == 200 else None
            if answer is None:
                response.failure(f"{response.status_code}: {(response.text or '')[:300]}")
            else:
                response.success()
            FOUND.append({**came, "answer": answer})


def _kind(body: str | None) -> str | None:
    """What sort of answer it is; None where it is none."""
    try:
        answer = json.loads(body or "")
    except ValueError:
        return None
    return answer.get("status") or ("passages" if answer.get("passages") else None)


@events.test_stop.add_listener
def _keep(**_: Any) -> None:
    Path(os.environ["LOAD_FOUND"]).write_text(json.dumps(FOUND), encoding="utf-8")
