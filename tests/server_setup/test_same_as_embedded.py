# ruff: noqa: F401 - the tests are those of the embedded set-up; only their fixtures are others here
"""What holds on SQLite and an index in the process holds on PostgreSQL and a Chroma server."""

from __future__ import annotations

from tests.api.test_curation import (
    api,
    test_a_job_can_be_cancelled,
    test_a_taken_id_is_handled_as_asked,
    test_many_lines_are_imported_and_bad_ones_are_named,
    test_metadata_is_corrected_without_touching_the_text,
    test_the_preview_tells_what_would_change_and_changes_nothing,
    test_versions_are_kept_compared_and_restored,
    test_without_waiting_a_job_tells_how_far_it_is,
)
from tests.unit.test_health import (
    test_a_sound_corpus_passes,
    test_another_model_takes_over_without_a_gap,
    test_the_old_model_serves_while_the_new_one_is_filled,
    test_what_a_failed_import_left_in_the_index_is_known_until_it_is_swept,
)
from tests.unit.test_pipeline import (
    test_a_withdrawn_document_can_come_back,
    test_a_withdrawn_document_is_nowhere,
    test_an_empty_corpus_says_so,
    test_an_update_replaces_what_is_found_and_keeps_the_old_version,
    test_another_encoder_is_noticed_and_never_mixed,
    test_duplicates_are_handled_as_asked,
    test_everything_is_there_after_a_restart,
    test_filters_keep_to_their_part_of_the_corpus,
    test_only_changed_passages_are_embedded_again,
    test_sync_makes_the_corpus_match_the_folder,
    test_the_same_document_again_changes_nothing,
)
