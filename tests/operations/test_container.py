"""The container is as docs and settings have it. Building it takes a container engine, which tests do without."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

from assistant.cli import cli
from assistant.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
FINAL = DOCKERFILE.rpartition("\nFROM ")[2]


def service() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["assistant"]
    return found


SERVERS = yaml.safe_load((ROOT / "compose.servers.yaml").read_text())


def test_the_container_can_do_little() -> None:
    assert re.search(r"^USER 10001$", FINAL, re.M)
    assert "build-essential" not in FINAL and "apt-get install --yes --no-install-recommends" in FINAL
    wanted = service()
    assert wanted["read_only"] is True and wanted["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in wanted["security_opt"]
    assert wanted["ports"] == ["127.0.0.1:8000:8000"]  # others come by a reverse proxy
    assert "privileged" not in wanted and wanted["mem_limit"] and wanted["pids_limit"]


def test_what_it_writes_is_on_a_volume() -> None:
    places = {volume.split(":")[1] for volume in service()["volumes"]}
    assert {"/data", "/corpus"} == places
    assert "ASSISTANT_DATA_DIR=/data" in FINAL and "VOLUME /data" in FINAL
    assert any(place.startswith("/tmp") for place in service()["tmpfs"])  # noqa: S108


def test_its_settings_and_commands_exist() -> None:
    named = set(re.findall(rf"{PREFIX}\w+", DOCKERFILE)) | set(service()["environment"])
    assert named <= {PREFIX + name.upper() for name in Settings.model_fields}
    assert service()["command"][0] in cli.commands
    assert 'CMD ["serve"]' in FINAL and 'ENTRYPOINT ["assistant"]' in FINAL


def test_beside_servers_its_settings_and_commands_exist() -> None:
    services = SERVERS["services"]
    for name in ("assistant", "sync"):
        assert set(services[name]["environment"]) <= {PREFIX + field.upper() for field in Settings.model_fields}
        assert services[name]["command"][0] in cli.commands
    wanted = services["assistant"]
    assert int(wanted["stop_grace_period"].removesuffix("s")) > int(wanted["environment"]["ASSISTANT_SHUTDOWN_SECONDS"])
    extras = set(re.findall(r"\w+", wanted["build"]["args"]["EXTRAS"]))
    assert extras <= set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])


def test_nothing_but_the_assistant_is_reached_from_outside() -> None:
    assert SERVERS["networks"]["back"]["internal"] is True
    for name, service in SERVERS["services"].items():
        assert "ports" not in service
        assert ("front" in service["networks"]) == (name == "assistant")
    for name in ("assistant", "sync", "chroma"):
        confined = SERVERS["services"][name]
        assert confined["read_only"] is True and confined["cap_drop"] == ["ALL"]


def test_it_is_given_longer_than_it_takes_to_drain() -> None:
    grace = int(service()["stop_grace_period"].removesuffix("s"))
    assert grace > int(service()["environment"]["ASSISTANT_SHUTDOWN_SECONDS"])


def test_health_is_liveness_alone() -> None:
    assert "HEALTHCHECK" in FINAL and "/healthz" in FINAL and "/readyz" not in FINAL


def test_everything_that_is_copied_reaches_the_builder() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [name for line in re.findall(r"^COPY (?!--)(.+)$", DOCKERFILE, re.M) for name in line.split()[:-1]]
    assert set(copied) == allowed
    assert all((ROOT / name).exists() for name in copied)
