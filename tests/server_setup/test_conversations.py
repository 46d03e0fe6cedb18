# ruff: noqa: F401 - the tests are those of the embedded set-up; only their fixtures are others here
"""Conversations are kept, found and forgotten on PostgreSQL as they are on SQLite."""

from __future__ import annotations

import pytest

from assistant.settings import Settings
from tests.api.test_conversations import (
    api,
    services,
    test_a_conversation_shows_each_answer_again_as_it_was_given,
    test_a_withdrawn_document_goes_from_every_kept_answer,
    test_conversations_are_found_by_title_and_question,
    test_pages_hold_each_conversation_once_the_latest_first,
    test_questions_asked_at_once_keep_their_answers,
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"refusal_threshold": 0})
