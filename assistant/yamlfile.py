"""Curated YAML files: read strictly, so that a slip of the pen is reported with its file and line.

Mappings come back as ``Section`` (a dict that knows its line). Duplicate keys are errors, and so are YAML's own
anchors and aliases (``&x``/``*x``), which can make a file contain itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode

from assistant.errors import InvalidConfiguration

MAX_BYTES = 2_000_000  # a curated file is read by people; anything larger is a mistake


class Section(dict[str, Any]):
    """A mapping of a curated file; ``line`` is where it starts, 1-based."""

    line: int = 0


# The files are read at every start; libyaml's parser, where PyYAML was built with it, takes a tenth of the time.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_SafeLoader):  # type: ignore[misc]
    """A safe loader without duplicate keys or keys that are not text."""


def _construct_section(loader: Any, node: MappingNode) -> Section:
    section = Section()
    section.line = node.start_mark.line + 1
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is not text", key_node.start_mark)
        if key in section:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", key_node.start_mark)
        section[key] = loader.construct_object(value_node, deep=True)
    return section


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct_section)


def _refuse_aliases(text: str) -> None:
    for event in yaml.parse(text, Loader=_SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            mark: Any = event.start_mark
            raise yaml.constructor.ConstructorError(
                None, None, "YAML anchors and aliases (&name, *name) cannot be used here", mark
            )


def read_yaml(path: Path) -> Section:
    """The top-level mapping of a curated YAML file.

    Raises:
        InvalidConfiguration: the file cannot be read, is not UTF-8 or YAML, repeats a key, uses anchors, or does
            not hold a mapping; the detail names the file and, where known, the line.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InvalidConfiguration(f"{path} cannot be read: {error.strerror}.", "Check the path.") from error
    if len(raw) > MAX_BYTES:
        raise InvalidConfiguration(f"{path} is larger than {MAX_BYTES} bytes.", "Split or shorten the file.")
    try:
        text = raw.decode("utf-8-sig")
        _refuse_aliases(text)
        data = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a safe loader
    except UnicodeDecodeError as error:
        raise InvalidConfiguration(f"{path} is not UTF-8 text.", "Save the file as UTF-8.") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidConfiguration(_yaml_detail(path, error), "Correct the file at that line.") from error
    if not isinstance(data, Section):
        raise InvalidConfiguration(f"{path} does not hold a mapping.", "Start from the file that ships in corpus/.")
    return data


def _yaml_detail(path: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    where = f"{path}, line {mark.line + 1}" if mark is not None else str(path)
    return f"{where}: {problem}."


def invalid(path: Path, line: int, problem: str, hint: str) -> InvalidConfiguration:
    """An error about one place of a curated file."""
    return InvalidConfiguration(f"{path}, line {line}: {problem}.", hint)


def check_keys(path: Path, section: Section, allowed: frozenset[str], what: str) -> None:
    """Refuse keys that mean nothing, since they are most often misspelt.

    Raises:
        InvalidConfiguration: the section has a key outside ``allowed``.
    """
    unknown = sorted(set(section) - allowed)
    if unknown:
        raise invalid(
            path, section.line, f"{what} has the unknown key {unknown[0]!r}", f"Use only: {', '.join(sorted(allowed))}."
        )


def text_list(path: Path, section: Section, key: str) -> tuple[str, ...]:
    """The list of texts under ``key``; one text stands for a list of one, a missing key for none.

    Raises:
        InvalidConfiguration: the value is neither, or a text is empty.
    """
    value = section.get(key)
    if value is None:
        return ()
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or any(not isinstance(item, str) or not item.strip() for item in items):
        raise invalid(
            path,
            section.line,
            f"{key!r} must be a list of texts",
            'Write it as [one, two]; put quotation marks round yes, no, on, off and numbers ("no").',
        )
    return tuple(" ".join(item.split()) for item in items)
