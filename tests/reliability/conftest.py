"""How thoroughly the reliability tests go about it.

In a run of everything they take a minute or two each; chosen by a marker (``pytest -m kill9``), as long as it takes.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

HERE = "tests/reliability/"


def at_full_length(config: pytest.Config) -> bool:
    """Whether somebody asked for some tests by their markers."""
    return bool(config.getoption("markexpr"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if at_full_length(config):
        for item in items:
            if item.nodeid.startswith(HERE):
                item.add_marker(pytest.mark.timeout(0))


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether to run at full length."""
    return at_full_length(request.config)


@pytest.fixture
def tell_all(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Write a line of figures to the terminal, whether or not output is captured."""
    plugins = request.config.pluginmanager
    reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")

    def write(line: str) -> None:
        if reporter is not None and capture is not None:
            with capture.global_and_fixture_disabled():
                reporter.ensure_newline()
                reporter.write_line(f"{request.node.name}: {line}")

    return write
