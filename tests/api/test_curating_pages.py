"""What curators do on pages: hand in, correct, restore, withdraw, mark, look after the index and the files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from assistant.paths import shipped
from assistant.server.app import build_app
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.api.test_pages import BROWSER, WORDS, Page, add, get
from tests.conftest import HashEncoder

TEXT = "Russia rejects the presence of foreign troops in Ukraine. Kyiv demands a ceasefire."


@pytest.fixture
def curator(services: Services) -> Iterator[TestClient]:
    services.jobs.start()
    with TestClient(build_app(services), base_url="http://127.0.0.1", headers=BROWSER) as client:
        yield client


def test_the_table_is_sorted_searched_and_paged(services: Services, curator: TestClient) -> None:
    for number in range(51):
        add(services, f"f{number:02}", f"Ferry {number} leaves.", title=f"Ferry {50 - number:02}", topics=("sea",))
    add(services, "undated", "The last ferry leaves.", title="Zulu", published_at="2025-01-01")

    def titles(path: str) -> list[str]:
        text = get(curator, path).text
        return [line.strip() for line in text.splitlines() if line.strip().startswith(("Ferry ", "Zulu"))]

    assert titles("/documents")[:2] == ["Ferry 00", "Ferry 01"] and len(titles("/documents")) == 50
    assert titles("/documents?page=2") == ["Ferry 50", "Zulu"]
    assert titles("/documents?sort=title&order=desc")[0] == "Zulu"
    assert titles("/documents?sort=published&order=asc")[0] == "Zulu"
    assert titles("/documents?sort=published&order=desc")[0] == "Zulu"
    assert len(titles("/documents?q=sea&page=2")) == 1
    assert get(curator, "/documents?sort=author", 422).text


def test_a_preview_tells_what_would_change_and_changes_nothing(services: Services, curator: TestClient) -> None:
    add(services, "ferries.txt", "The ferry leaves at noon.")
    files = [
        ("file", ("ferries.txt", b"The ferry leaves at one.")),
        ("file", ("news.txt", b"A new bridge opens in May.")),
        ("file", ("broken.docx", b"PK nothing")),
    ]
    page = Page(curator.post("/curate/add", files=files, data={"do": "preview"}).text)
    assert WORDS.change.replaces in page.text and WORDS.change.new in page.text and WORDS.change.failed in page.text
    assert [tag for tag, _ in page.elements].count("ins") == 1
    assert "broken.docx" in page.text
    assert get(curator, "/documents?q=news").text.count("news.txt") == 0


def test_what_was_previewed_is_added_without_being_sent_again(services: Services, curator: TestClient) -> None:
    files = [("file", ("news.txt", b"A new bridge opens in May.")), ("file", ("broken.docx", b"PK nothing"))]
    previewed = Page(curator.post("/curate/add", files=files, data={"do": "preview", "source": "Harbour"}).text)
    held = next(dict(made)["value"] for tag, made in previewed.elements if dict(made).get("name") == "held")
    assert not curator.get("/api/v1/jobs").json()["jobs"]
    assert curator.get(f"/api/v1/jobs/{held}").status_code == 404, "nothing to work on before it is said so"
    someone = curator.post("/api/v1/keys", json={"name": "other", "role": "curator"}).json()
    other = {"Authorization": f"Bearer {someone['key']}"}
    assert curator.post("/curate/add", data={"do": "add", "held": held}, headers=other).status_code == 404
    curator.delete(f"/api/v1/keys/{someone['id']}", headers=other)
    with services.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM api_keys")
    sent = curator.post("/curate/add", data={"do": "add", "held": held}, follow_redirects=False)
    assert sent.status_code == 303
    services.jobs.wait(held, 60)
    assert "Harbour" in get(curator, "/documents/news.txt").text
    again = curator.post("/curate/add", data={"do": "add", "held": held})
    assert again.status_code == 404
    assert "not kept any more" in Page(again.text).text


def test_a_preview_is_kept_for_an_hour(services: Services, curator: TestClient) -> None:
    files = [("file", ("news.txt", b"A new bridge opens in May."))]
    curator.post("/curate/add", files=files, data={"do": "preview"})
    with services.database.write() as connection:
        connection.exec_driver_sql("UPDATE jobs SET created_at = '2020-01-01T00:00:00.000000Z'")
    curator.post("/curate/add", files=[("file", ("other.txt", b"A bridge shuts."))], data={"do": "preview"})
    with services.database.read() as connection:
        assert [row[0] for row in connection.exec_driver_sql("SELECT name FROM job_items")] == ["other.txt"]


def test_what_is_handed_in_becomes_a_job_with_its_errors(services: Services, curator: TestClient) -> None:
    files = [("file", ("news.txt", b"A new bridge opens in May.")), ("file", ("broken.docx", b"PK nothing"))]
    sent = curator.post("/curate/add", files=files, data={"do": "add", "source": "Harbour"}, follow_redirects=False)
    assert sent.status_code == 303
    services.jobs.wait(sent.headers["location"].rsplit("/", 1)[1], 60)
    page = get(curator, sent.headers["location"])
    assert WORDS.job_state.done in page.text and "broken.docx" in page.text
    assert "/documents/news.txt" in page.attributes("a", "href")
    assert "Harbour" in get(curator, "/documents/news.txt").text
    assert sent.headers["location"] in get(curator, "/curate/jobs").attributes("a", "href")
    assert curator.post(sent.headers["location"] + "/cancel").status_code == 409


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"do": "add"}, "Nothing was handed in"),
        ({"do": "add", "text": "Some text.", "published_at": "soon"}, "published_at"),
        ({"do": "add", "text": "Some text.", "on_duplicate": "eat"}, "not a way"),
        ({"do": "preview", "url": "http://127.0.0.1/x"}, "127.0.0.1"),
    ],
)
def test_what_cannot_be_handed_in_is_told_in_place(curator: TestClient, data: dict[str, str], told: str) -> None:
    page = Page(curator.post("/curate/add", data=data).text)
    assert told in page.text
    assert "file" in page.attributes("input", "name")


def test_metadata_is_corrected_and_a_version_restored(services: Services, curator: TestClient) -> None:
    add(services, "a/b", "The ferry leaves at noon.")
    add(services, "a/b", "The ferry leaves at one.")
    form = {"title": "Boats", "topics": "sea, harbour", "published_at": "2025-12-01"}
    assert curator.post("/curate/metadata/a%2Fb", data=form).status_code == 200
    page = get(curator, "/curate/document/a%2Fb?old=1&new=2")
    assert "Boats" in page.text and "sea, harbour" in page.attributes("input", "value")
    assert [tag for tag, _ in page.elements].count("del") == 1
    wrong = Page(curator.post("/curate/metadata/a%2Fb", data={"published_at": "2025-99"}).text)
    assert "published_at" in wrong.text and "2025-99" in wrong.attributes("input", "value")
    curator.post("/curate/restore/a%2Fb", data={"version": "1"})
    assert "at noon" in get(curator, "/documents/a%2Fb").text


def test_withdrawing_is_asked_twice_and_leaves_nothing(services: Services, curator: TestClient) -> None:
    add(services, "ferries")
    asked = Page(curator.post("/curate/withdraw/ferries").text)
    assert WORDS.withdraw.heading in asked.text and get(curator, "/documents/ferries").text
    done = Page(curator.post("/curate/withdraw/ferries", data={"sure": "yes"}).text)
    assert "0 passages left" in done.text
    assert get(curator, "/documents/ferries", 404).text
    curator.post("/curate/restore/ferries", data={"version": "1"})
    assert get(curator, "/documents/ferries").text


def test_a_statement_is_marked_and_the_mark_taken_back(services: Services, curator: TestClient) -> None:
    add(services, "troops", TEXT)
    listed = curator.get("/api/v1/documents/troops/statements").json()
    first = listed["statements"][0]
    assert first["mark"] is None
    form = {name: first[name] for name in ("start", "end", "holder", "stance")} | {"version": listed["version"]}
    page = Page(curator.post("/curate/mark/troops", data=form | {"mark": "incorrect"}).text)
    assert page.attributes("button", "aria-pressed").count("true") == 1
    assert curator.get("/api/v1/documents/troops/statements").json()["statements"][0]["mark"] == "incorrect"
    body = form | {"mark": "correct"}
    assert curator.post("/api/v1/documents/troops/statements", json=body).json()["mark"] == "correct"
    services.pipeline.reread("troops")
    assert curator.get("/api/v1/documents/troops/statements").json()["statements"][0]["mark"] == "correct"
    curator.post("/curate/mark/troops", data=form | {"mark": "none"})
    assert curator.get("/api/v1/documents/troops/statements").json()["statements"][0]["mark"] is None
    missing = curator.post("/api/v1/documents/troops/statements", json=body | {"start": 99_999})
    assert missing.status_code == 404


def test_marks_are_taken_along_as_json_lines(services: Services, curator: TestClient) -> None:
    add(services, "troops", TEXT)
    listed = curator.get("/api/v1/documents/troops/statements").json()
    first = listed["statements"][0]
    form = {name: first[name] for name in ("start", "end", "holder", "stance")} | {"version": listed["version"]}
    curator.post("/api/v1/documents/troops/statements", json=form | {"mark": "incorrect"})
    exported = curator.get("/api/v1/marks/export")
    assert exported.headers["content-type"].startswith("application/jsonl")
    (row,) = [json.loads(line) for line in exported.text.splitlines()]
    assert row["text"] == TEXT[first["start"] : first["end"]]
    told = {name: row[name] for name in ("document_id", "holder", "stance", "mark", "found")}
    assert told == {
        "document_id": "troops",
        "holder": "Russia",
        "stance": "rejects",
        "mark": "incorrect",
        "found": True,
    }
    add(services, "troops", "The ferry leaves at noon.")
    assert curator.get("/api/v1/marks/export").text == "", "marks on an earlier version tell nothing of this one"


def test_marks_go_with_their_document(services: Services, curator: TestClient) -> None:
    add(services, "troops", TEXT)
    listed = curator.get("/api/v1/documents/troops/statements").json()
    first = listed["statements"][0]
    form = {name: first[name] for name in ("start", "end", "holder", "stance")} | {"version": listed["version"]}
    curator.post("/api/v1/documents/troops/statements", json=form | {"mark": "correct"})
    services.pipeline.withdraw("troops", by="tests")
    with services.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM statement_marks").scalar() == 0


def test_the_index_is_checked_and_rebuilt_with_a_click(services: Services, curator: TestClient) -> None:
    add(services, "ferries")
    assert services.index.wait_ready(60)
    checked = Page(curator.post("/curate/index", data={"do": "check"}).text)
    assert WORDS.index.healthy in checked.text
    assert curator.post("/curate/index", data={"do": "rebuild"}).status_code == 200


def test_shipped_files_are_shown_and_not_written(curator: TestClient) -> None:
    page = get(curator, "/curate/actors")
    assert "Vladimir Putin" in page.text and "ASSISTANT_ACTORS_FILE" in page.text
    assert not page.attributes("textarea", "name")
    assert curator.post("/curate/actors/actors", data={"text": "actors: []"}).status_code == 403


def test_a_file_of_ones_own_is_checked_and_written(tmp_path: Path) -> None:
    own = tmp_path / "actors.yaml"
    own.write_text(shipped("corpus/actors.yaml").read_text())
    settings = Settings(data_dir=tmp_path / "data", actors_file=own)
    with open_services(settings, HashEncoder()) as services:
        client = TestClient(build_app(services), base_url="http://127.0.0.1", headers=BROWSER)
        before = own.read_text()
        wrong = client.post("/curate/actors/actors", data={"text": "actors:\r\n  - {id: x, name: X, kind: planet}\r\n"})
        assert wrong.status_code == 422 and "planet" in Page(wrong.text).text and "actors.yaml" in wrong.text
        assert own.read_text() == before and not list(tmp_path.glob(".actors*"))
        text = before + "\n  - {id: ruritania, name: Ruritania, kind: state}\n"
        assert WORDS.actors.saved in Page(client.post("/curate/actors/actors", data={"text": text}).text).text
        assert "Ruritania" in own.read_text()


def test_readers_are_not_offered_what_curators_do(services: Services, curator: TestClient) -> None:
    add(services, "ferries")
    assert "/curate/add" in get(curator, "/documents").attributes("a", "href")
    from assistant.access_model import Role

    _, secret = services.keys.add("reader", Role.READER, None, by="tests")
    headers = {**BROWSER, "Authorization": f"Bearer {secret}"}
    page = Page(curator.get("/documents/ferries", headers=headers).text)
    assert not [href for href in page.attributes("a", "href") if href.startswith("/curate")]
    assert curator.get("/curate/add", headers=headers).status_code == 403
