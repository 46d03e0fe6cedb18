"""The words of the interface: one TOML file a language, read once, missing words noticed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from assistant.errors import InvalidConfiguration


def load_words(path: Path) -> SimpleNamespace:
    """The file's tables as attributes: ``words.form.submit``.

    Raises:
        InvalidConfiguration: the file is missing or is not TOML.
    """
    try:
        return _attributes(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InvalidConfiguration(
            f"The words of the interface cannot be read from {path}: {error}.", "Install the package again."
        ) from error


def _attributes(table: dict[str, Any]) -> SimpleNamespace:
    return SimpleNamespace(
        **{key: _attributes(value) if isinstance(value, dict) else value for key, value in table.items()}
    )


def counted(forms: SimpleNamespace, n: int) -> str:
    """``forms`` in the number that ``n`` asks for, with the number written out: "1,204 documents"."""
    text: str = forms.one if n == 1 else forms.other
    return text.format(n=f"{n:,}")
