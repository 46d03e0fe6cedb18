"""Another model takes over while several processes serve: one embeds, the others follow, and nobody is left behind."""

from __future__ import annotations

import threading

import pytest

from assistant.curation.reindexing import reembed, take_turns
from assistant.errors import ModelUnavailable
from assistant.index.generations import current_generation
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder
from tests.unit.test_health import OtherEncoder, failed, fill, found, put


@pytest.fixture(autouse=True)
def _former_model_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.services._encoder_of", lambda fingerprint, *_, **__: encoder_of(fingerprint))


def encoder_of(fingerprint: str) -> HashEncoder | None:
    return next((e for e in (HashEncoder(), OtherEncoder()) if fingerprint.startswith(e.fingerprint)), None)


def turn(services: Services) -> int:
    assert services.successor is not None
    return take_turns(services.database, services.engines, services.pipeline, services.successor, threading.Event())


def test_one_embeds_and_the_others_change_over_with_it(settings: Settings) -> None:
    with (
        open_services(settings, HashEncoder()) as unaware,
        open_services(settings, HashEncoder()) as first,
    ):
        fill(first, 12)
        with open_services(settings, OtherEncoder()) as one, open_services(settings, OtherEncoder()) as other:
            assert turn(one) > 0
            assert turn(other) == 0
            assert other.successor is not None
            # Who found the work undone before and has the lock only now must not undo it.
            assert reembed(other.database, other.engines, other.pipeline, other.successor) == 0
            for services in (one, other, unaware):
                assert services.encoder.fingerprint == "hash-32"
                assert found(services, "report 7 orchard 7 trees") >= {"d7"}
            put(unaware, "new", "A report about the vineyard.")
            assert found(one, "vineyard report") >= {"new"}
            assert one.index.wait_ready(60)
            assert failed(one) == []


def test_a_write_under_way_is_made_again_with_the_new_model(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_services(settings, HashEncoder()) as slow:
        fill(slow, 3)
        with open_services(settings, OtherEncoder()) as quick:
            from assistant.curation import vectorizing

            real, interrupted = vectorizing.index, []

            def index(*arguments: object) -> None:
                if not interrupted:
                    interrupted.append(True)
                    assert turn(quick) > 0  # the switch comes between staging and publishing
                real(*arguments)  # type: ignore[arg-type]

            monkeypatch.setattr(vectorizing, "index", index)
            put(slow, "late", "A late report about the lighthouse.")
            assert interrupted
            with quick.database.read() as connection:
                assert current_generation(connection).fingerprint.startswith("hash-32")
            assert found(quick, "late lighthouse report") >= {"late"}
            assert failed(quick) == []


def test_a_process_that_cannot_load_the_new_model_says_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_services(settings, HashEncoder()) as left_behind:
        fill(left_behind, 3)
        with open_services(settings, OtherEncoder()) as quick:
            assert turn(quick) > 0
        monkeypatch.setattr("tests.server_setup.test_another_model.encoder_of", lambda _fingerprint: None)
        with pytest.raises(ModelUnavailable, match="ASSISTANT_EMBEDDING_MODEL") as raised:
            found(left_behind, "report")
        assert "hash-32" in str(raised.value)
