from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.errors import InvalidConfiguration
from assistant.settings import PREFIX, Settings, load_settings

DOCS = Path(__file__).parent.parent.parent / "docs" / "settings.md"


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_PORT", "9000")
    assert load_settings().port == 9000
    assert load_settings(port=9001, host=None).port == 9001


@pytest.mark.parametrize(("name", "value"), [("PORT", "70000"), ("FUSION_WEIGHT", "2"), ("ANSWER_SENTENCES", "many")])
def test_a_value_out_of_bounds_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(InvalidConfiguration, match=f"{PREFIX}{name}: .*{value}"):
        load_settings()


def test_a_misspelt_setting_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_DATADIR", "elsewhere")
    with pytest.raises(InvalidConfiguration, match="ASSISTANT_DATADIR"):
        load_settings()


def test_every_setting_is_documented_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(ASSISTANT_\w+)` \| `([^`]*)` \|", DOCS.read_text(encoding="utf-8"), re.M))
    expected = {PREFIX + name.upper(): str(field.default) for name, field in Settings.model_fields.items()}
    assert rows == expected
