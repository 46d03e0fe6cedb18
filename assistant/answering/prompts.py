"""Prompts: files with a version, rendered strictly, and recorded by name and SHA-256."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from assistant.errors import InvalidConfiguration

_VERSION = re.compile(r"v(\d+)\.jinja")

# What each prompt is given; rendered once at start, so that a mistake in a file is told then.
_PASSAGE = {
    "number": 1,
    "source": "Source",
    "date": "2025-12-15",
    "text": "Text.",
    "statements": [{"speaker": "Speaker", "stance": "rejects", "date": None}],
}
SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "answer": {
        "question": "What?",
        "sentences": 5,
        "passages": [_PASSAGE],
        "earlier": [{"role": "user", "content": "Who?"}],
    },
    "brief": {"heading": "Timeline", "topic": "The talks", "sentences": 5, "passages": [{**_PASSAGE, "group": None}]},
    "repair": {"sentence": "It is so.", "reason": "The source does not say so."},
    "rewrite": {"question": "And where?", "earlier": [{"role": "user", "content": "Who?"}]},
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """One version of one prompt."""

    name: str
    version: int
    sha256: str
    template: Template

    @property
    def label(self) -> str:
        """What an answer records: the name, the version and the digest of the file."""
        return f"{self.name}/v{self.version} sha256:{self.sha256}"

    def render(self, **values: Any) -> str:
        """The prompt with its variables filled in."""
        return self.template.render(**values)


class PromptBook:
    """The newest version of every prompt.

    Raises:
        InvalidConfiguration: a prompt is missing, cannot be parsed, or uses a variable that nobody fills.
    """

    def __init__(self, folder: Path) -> None:
        # Prompts are plain text for a model, not HTML.
        environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, trim_blocks=True)
        self._prompts = {name: _load(environment, folder / name, sample) for name, sample in SAMPLES.items()}

    def __getitem__(self, name: str) -> Prompt:
        """The prompt of that name."""
        return self._prompts[name]


def _load(environment: ImmutableSandboxedEnvironment, folder: Path, sample: Mapping[str, Any]) -> Prompt:
    versions = {int(m[1]): path for path in folder.glob("v*.jinja") if (m := _VERSION.fullmatch(path.name))}
    if not versions:
        raise InvalidConfiguration(f"There is no prompt {folder}.", "Install the package again.")
    number = max(versions)
    try:
        source = versions[number].read_text(encoding="utf-8")
        template = environment.from_string(source)
        template.render(**sample)
    except (OSError, ValueError, TemplateError) as error:
        raise InvalidConfiguration(
            f"The prompt {versions[number]} cannot be used: {error}.", "Compare it with prompts/README.md."
        ) from error
    return Prompt(folder.name, number, hashlib.sha256(source.encode()).hexdigest(), template)
