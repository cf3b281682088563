"""An address where nothing is: a page for a browser, a problem for a program."""

from __future__ import annotations

import httpx
import pytest

from tests.bot.running import Running, anonymous


@pytest.mark.parametrize("path", ["/nowhere", "/static/none.css", "/requests", "/enter/now"])
def test_a_browser_is_shown_a_page(desk: Running, path: str) -> None:
    with anonymous(desk.url) as client:
        answer = client.get(path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "Nothing here" in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(("path", "accept"), [("/nowhere", "*/*"), ("/v1/nowhere", "text/html")])
def test_a_program_is_told_in_its_own_form(desk: Running, path: str, accept: str) -> None:
    with anonymous(desk.url) as client:
        answer = client.get(path, headers={"Accept": accept})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_our_files_come_small_and_our_pages_as_they_are(desk: Running) -> None:
    with httpx.Client(base_url=desk.url, trust_env=False, headers={"Accept-Encoding": "gzip"}) as client:
        assert client.get("/static/placet.css").headers["content-encoding"] == "gzip"
        # A page holds a secret beside what others wrote: its compressed length would tell of it.
        assert "content-encoding" not in client.get("/enter").headers
