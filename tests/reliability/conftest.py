"""How thoroughly the reliability tests go about it.

In a run of everything they take a minute or two each; chosen by a marker (``pytest -m kill9``), as long as it takes.
"""

from __future__ import annotations

import pytest

HERE = ("tests/reliability/", "tests/server_setup/")


def at_full_length(config: pytest.Config) -> bool:
    """Whether somebody asked for some tests by their markers."""
    return bool(config.getoption("markexpr"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if at_full_length(config):
        for item in items:
            if item.nodeid.startswith(HERE):
                item.add_marker(pytest.mark.timeout(0))
