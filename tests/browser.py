"""A real Chromium for the tests that need one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

QUIET = [
    "--no-sandbox",  # as root, which CI is, Chromium has no other way
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@cache
def executable() -> str | None:
    """Where Chromium is; None when there is none. CHROMIUM names another."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Playwright's browser. By module: while it is open, this thread has a running event loop."""
    from playwright.sync_api import sync_playwright

    # Django takes that loop for a sign that we are in a coroutine.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=QUIET)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def browser_page(chromium: Any) -> Iterator[Any]:
    """A fresh page, 390 px wide, in Spanish. Set the size with `browser_page.set_viewport_size`.

    The test fails when the page runs into a script error or its own content security policy, or asks
    anything of another host.
    """
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, locale="es-ES", reduced_motion="reduce"
    )
    faults: list[str] = []

    def only_here(route: Any) -> None:
        if route.request.url.split("/")[2].split(":")[0] in ("127.0.0.1", "localhost"):
            route.continue_()
        else:
            faults.append(f"asked another host: {route.request.url}")
            route.abort()

    def said(message: Any) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            faults.append(message.text)

    context.route("http://**", only_here)
    context.route("https://**", only_here)
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("console", said)
    page.set_default_timeout(10_000)  # milliseconds
    yield page
    context.close()
    assert faults == []
