from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.services import Services
from tests.serving import serving


@pytest.fixture(scope="package")
def address(briefing: Services) -> Iterator[str]:
    """A server over the corpus that ships with the project."""
    with serving(briefing) as url:
        yield url
