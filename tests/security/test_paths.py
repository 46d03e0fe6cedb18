"""Names in addresses, uploads and archives lead to nothing but what they name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from assistant.server.app import build_app
from assistant.services import Services
from tests.security.hostile_files import PRIVATE_FILE, PRIVATE_TEXT

pytestmark = pytest.mark.paths

LOCAL = "http://127.0.0.1"
UP = "../" * 12
WRITTEN = [
    f"{UP}etc/passwd",
    f"/{PRIVATE_FILE}",
    quote(f"{UP}etc/passwd", safe=""),
    quote(quote(f"{UP}etc/passwd", safe=""), safe=""),
    "..%5c..%5c..%5cetc%5cpasswd",
    "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "....//....//etc/passwd",
    "..;/..;/etc/passwd",
    "style.css/../../../../etc/passwd",
    "style.css%00.png",
    "%c0%ae%c0%ae/etc/passwd",
    "file:///etc/passwd",
]
FOLDERS = [
    "/static/",
    "/documents/",
    "/partials/documents/",
    "/curate/document/",
    "/api/v1/documents/",
    "/briefs/",
    "/api/v1/briefs/",
    "/conversations/",
    "/curate/jobs/",
    "/v1/models/",
]


@pytest.fixture
def client(services: Services) -> Iterator[TestClient]:
    with TestClient(build_app(services), base_url=LOCAL, raise_server_exceptions=False) as opened:
        yield opened


@pytest.mark.parametrize("folder", FOLDERS)
def test_addresses_reach_no_file_of_this_machine(client: TestClient, folder: str) -> None:
    for written in WRITTEN:
        for tail in ("", "/content") if "documents" in folder else ("",):
            answer = client.get(f"{folder}{written}{tail}")
            assert answer.status_code in {400, 404, 405, 422}, (folder, written, answer.status_code)
            assert PRIVATE_TEXT not in answer.text


def test_ids_that_look_like_paths_are_ids(client: TestClient, services: Services, tmp_path: Path) -> None:
    before = {path for path in tmp_path.rglob("*") if path.is_file() and services.settings.data_dir not in path.parents}
    for document_id in (f"{UP}{tmp_path}/out", str(tmp_path / "out"), "..", "a/../b", "~/x", "C:\\out"):
        address = f"/api/v1/documents/{quote(document_id, safe='')}"
        written = client.put(address, json={"text": "A text of ours."})
        if document_id in {"..", "."}:
            continue  # which a client takes for a step up; whatever that is, it is no file
        assert written.status_code == 200, (document_id, written.text)
        assert client.get(f"{address}/content").json()["content"] == "A text of ours."
    after = {path for path in tmp_path.rglob("*") if path.is_file() and services.settings.data_dir not in path.parents}
    assert after == before


def test_names_of_uploads_write_nothing(client: TestClient, services: Services, tmp_path: Path) -> None:
    services.jobs.start()
    for name in (f"{UP}{tmp_path}/out.md", str(tmp_path / "out.md"), "..\\..\\out.md", "a\x00.md"):
        client.post("/api/v1/documents?wait=true", files={"file": (name, b"# A title\n\nA text.", "text/markdown")})
    assert not list(tmp_path.rglob("out.md"))


def test_a_link_in_a_synced_folder_leads_nowhere(services: Services, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "private.md").write_text("The private text of somebody else.")
    (folder / "own.md").write_text("The own text.")
    (folder / "link.md").symlink_to(tmp_path / "private.md")
    (folder / "up").symlink_to(tmp_path, target_is_directory=True)
    services.sync.run(folder, by="tests")
    with services.database.read() as connection:
        texts = connection.exec_driver_sql("SELECT text FROM versions").scalars().all()
    assert texts == ["The own text."]


def test_the_file_of_actors_has_one_of_two_names(client: TestClient, tmp_path: Path) -> None:
    for name in ("..%2fout", "passwd", quote(str(tmp_path / "out"), safe="")):
        assert client.post(f"/curate/actors/{name}", data={"text": "x"}).status_code in {404, 422}
