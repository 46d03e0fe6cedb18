"""A browser where keys are needed: sign in, do what the role may, sign out; by the keyboard too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from assistant.access_model import Role
from assistant.services import open_services
from assistant.settings import Settings
from tests.browser.conftest import OpenPage, serving
from tests.browser.test_curating import add
from tests.browser.test_keyboard import follow
from tests.browser.test_look import PHONE, accessible, overflows
from tests.conftest import HashEncoder


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a server that asks for a key, and a reader's key."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("guarded") / "data")
    with open_services(settings, HashEncoder()) as services:
        add(services, "ferries", "The ferry to Lorn leaves at noon.")
        _, key = services.keys.add("ida", Role.READER, None, by="tests")
        with serving(services) as url:
            yield url, key


@pytest.mark.parametrize("script", [True, False])
def test_a_reader_signs_in_reads_and_signs_out(guarded: tuple[str, str], open_page: OpenPage, script: bool) -> None:
    address, key = guarded
    page = open_page(f"{address}/documents", java_script_enabled=script, **PHONE)
    expect(page.get_by_role("heading", level=1)).to_have_text("A key is needed")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Key").fill("brief_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".problem-detail")).to_contain_text("not valid")
    if script:
        accessible(page)
        assert not overflows(page)
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Documents")
    assert page.locator("a[href^='/curate/']").count() == 0, "a reader is not offered what curators do"
    if script:
        accessible(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.goto(f"{address}/documents")
    expect(page.get_by_role("heading", level=1)).to_have_text("A key is needed")


def test_signing_in_by_the_keyboard(guarded: tuple[str, str], open_page: OpenPage) -> None:
    address, key = guarded
    page = open_page(f"{address}/")
    follow(page, page.get_by_role("link", name="Sign in"))
    expect(page.get_by_label("Key")).to_be_focused()
    page.keyboard.type(key)
    follow(page)
    expect(page.locator("#q")).to_be_focused()
