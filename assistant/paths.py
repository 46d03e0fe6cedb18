"""Where the files that ship with the project are: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

from assistant.errors import InvalidConfiguration

_PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """The path of ``corpus``, ``docs``, ``web``, ``prompts`` or a file below them.

    Raises:
        InvalidConfiguration: the installation lacks it.
    """
    for root in (_PACKAGE / "shipped", _PACKAGE.parent):
        if (root / name).exists():
            return root / name
    raise InvalidConfiguration(f"The installation lacks {name}.", "Install the package again.")


def actors_path(chosen: Path | None) -> Path:
    """The file that says who is known by which names: the one chosen, or the one that ships."""
    return chosen or shipped("corpus/actors.yaml")


def stances_path(chosen: Path | None) -> Path:
    """The file that says which words take which stance: the one chosen, or the one that ships."""
    return chosen or shipped("corpus/stances.yaml")
