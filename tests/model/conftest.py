"""A small corpus with two opponents, and services whose chat model a test can script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from assistant.answering.chat_model import ChatModel
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder

ARTICLE = """---
id: harbour
title: The harbour of Lorn
source: Coast Courier
published_at: 2025-05-14
url: https://courier.example/harbour?token=hunter2
---

Russia closed the harbour of Lorn on 12 May 2025. The closure of the harbour stranded 41 ships. Ukraine condemned Russia
for the closure of the harbour. "We will never accept foreign patrols in the harbour of Lorn," said Dmitry Peskov, the
Kremlin spokesman. The harbour of Lorn handled 3.2 million tonnes of grain in 2024.
"""

Opening = Callable[..., AbstractContextManager[Services]]


@pytest.fixture
def opened(tmp_path: Path) -> Opening:
    """Opens services over the article, and more documents where given, with a chat model."""

    @contextmanager
    def opening(model: ChatModel | None, **documents: str) -> Iterator[Services]:
        folder = tmp_path / "documents"
        folder.mkdir(exist_ok=True)
        for name, text in {"harbour.md": ARTICLE, **documents}.items():
            (folder / name).write_text(text, encoding="utf-8", errors="surrogatepass")
        settings = Settings(data_dir=tmp_path / "data", refusal_threshold=0)
        with open_services(settings, HashEncoder(), chat_model=model) as services:
            report = services.sync.run(folder, by="tests")
            assert not report.failed
            yield services

    return opening
