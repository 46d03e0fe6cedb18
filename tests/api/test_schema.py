"""Requests made from the schema, fitting it and not: nothing fails inside, and every answer is as the schema says.

A short run belongs to every run of the tests; ``pytest -m schema`` makes at least 2,000 requests.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import FlakyStrategyDefinition, Unsatisfiable
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from assistant.access_model import Role
from assistant.server.app import build_app
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OURS = "ours"  # the key that the requests are sent with; revoking it would end them
ALL = settings(
    deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), print_blob=False
)


@schemathesis.serializer("application/x-ndjson", "application/jsonl")
def json_lines(_context: Any, value: Any) -> bytes:
    return value.encode("utf-8", "replace") if isinstance(value, str) else json.dumps(value, default=str).encode()


class Asked:
    """Sends requests, checks the answers and counts them."""

    def __init__(self, services: Services) -> None:
        _, secret = services.keys.add(OURS, Role.ADMIN, None, by="tests")
        self.headers = {"Authorization": f"Bearer {secret}"}
        self.schema: BaseSchema = schemathesis.openapi.from_asgi(
            "/openapi.json", build_app(services), headers=self.headers
        )
        self.statuses: Counter[int] = Counter()
        self.operations: set[str] = set()

    def send(self, case: Any) -> None:
        if (case.path_parameters or {}).get("name_or_id") == OURS:
            return
        response = case.call(headers=self.headers)
        self.note(response, case)
        case.validate_response(response, checks=CHECKS)

    def note(self, response: Any, case: Any) -> None:
        self.statuses[response.status_code] += 1
        self.operations.add(case.operation.label)

    def each_operation(self, examples: int) -> None:
        """So many requests that fit the schema, and as many that do not, to each operation."""
        for result in self.schema.get_all_operations():
            operation = result.ok()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                run = given(case=operation.as_strategy(generation_mode=mode))(self.send)
                try:
                    seed(7)(settings(ALL, max_examples=examples)(run))()
                except Unsatisfiable:  # nothing can be wrong with a request that has no parameter
                    assert mode is GenerationMode.NEGATIVE

    def one_after_the_other(self, examples: int, steps: int) -> None:
        """Requests that use what earlier ones made, such as a document that is added, read, changed and withdrawn."""
        asked = self

        class Machine(self.schema.as_state_machine()):  # type: ignore[misc]
            def get_call_kwargs(self, case: Any) -> dict[str, Any]:
                return {"headers": asked.headers}

            def before_call(self, case: Any) -> None:
                if (case.path_parameters or {}).get("name_or_id") == OURS:
                    case.path_parameters["name_or_id"] = "another"

            def after_call(self, response: Any, case: Any) -> None:
                asked.note(response, case)

            def validate_response(self, response: Any, case: Any, additional_checks: Any = (), **_: Any) -> None:
                case.validate_response(response, checks=CHECKS)

        for _ in range(examples):
            # What an example finds depends on what those before it have left, which Hypothesis may notice: another run.
            with suppress(FlakyStrategyDefinition):
                run_state_machine_as_test(Machine, settings=settings(ALL, max_examples=3, stateful_step_count=steps))


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    """A corpus with a little of everything."""
    limits = Settings(data_dir=tmp_path / "data", allow_private_addresses=False)
    with open_services(limits, HashEncoder()) as services:
        services.jobs.start()
        services.warm_up()  # a request is given up after ten seconds
        yield Asked(services)


def test_some_requests_of_every_kind(asked: Asked) -> None:
    asked.each_operation(4)
    asked.one_after_the_other(4, 8)
    assert asked.statuses.total() > 250
    assert asked.operations == {result.ok().label for result in asked.schema.get_all_operations()}


@pytest.mark.schema
@pytest.mark.timeout(1800)
def test_two_thousand_requests(asked: Asked, request: pytest.FixtureRequest) -> None:
    if "schema" not in request.config.getoption("-m"):
        pytest.skip("long: run it with -m schema")
    asked.each_operation(25)
    asked.one_after_the_other(20, 15)
    assert asked.statuses.total() >= 2_000
    print(f"\n{asked.statuses.total()} requests: {dict(sorted(asked.statuses.items()))}")  # the figure
