"""The migrations make exactly the tables that the code expects."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from assistant.index.database import HEAD, MIGRATIONS, Database
from assistant.index.schema import metadata


def test_the_code_names_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_migrations_and_schema_agree(tmp_path: Path) -> None:
    database = Database(tmp_path / "catalog.sqlite3")
    database.migrate()
    database.migrate()
    with database.read() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    database.close()
    ours = [d for d in differences if not (d[0] == "remove_table" and d[1].name.startswith("passages_"))]
    assert ours == []
