"""The first view of the fullest order (three parcels, 30 scans) on a slow line: bytes, and when its headline is seen.

A real Chromium with an empty cache, 390 px wide; the line is slowed down by the browser itself. Goals:
HTML at most 14 KB, all at most 30 KB, at most three requests beside pictures. Run: python -m bench.firstview
"""

from __future__ import annotations

import sys
from typing import Any

from bench.serving import serving

LINES = {"2G": (250, 300), "3G": (1_600, 150)}  # kbit/s, ms there and back
MOMENTS = """() => ({ first: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
  html: performance.getEntriesByType("navigation")[0].responseEnd,
  files: performance.getEntriesByType("resource").filter(r => r.initiatorType !== "img"
    && !/position|seen/.test(r.name)).map(r => [r.name.split("/").pop(), r.encodedBodySize]) })"""


def main() -> None:
    from tests.browser import QUIET, executable

    if executable() is None:
        print("Chromium is not on this machine: not measured.")
        return
    with serving(static=True) as site:
        from django.utils import timezone
        from playwright.sync_api import sync_playwright

        from tests import make
        from tests.tracking import fullest

        order = fullest.order(fullest.shop(), now=timezone.now())
        url = f"http://127.0.0.1:{site.port}/t/{make.token_of(order)}/"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable(), args=QUIET)
            print(
                f"{'':<10}{'HTML':>8}{'all':>8}{'requests':>10}{'HTML is there':>16}{'headline is seen':>18}"
            )
            for name, (kbits, there_and_back) in LINES.items():
                show(name, measured(browser, url, kbits, there_and_back))
            browser.close()


def measured(browser: Any, url: str, kbits: int, there_and_back: int) -> dict[str, Any]:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False, "latency": there_and_back, "downloadThroughput": kbits * 125, "uploadThroughput": kbits * 125
        },
    )  # fmt: skip
    answer = page.goto(url, wait_until="load", timeout=60_000)
    page.wait_for_timeout(500)
    told: dict[str, Any] = page.evaluate(MOMENTS)
    told["size"] = int(answer.headers.get("content-length") or len(answer.body()))
    context.close()
    return told


def show(name: str, told: dict[str, Any]) -> None:
    everything = told["size"] + sum(size for _name, size in told["files"])
    print(
        f"{name:<10}{told['size'] / 1024:>6.1f}KB{everything / 1024:>6.1f}KB{1 + len(told['files']):>10}"
        f"{told['html'] / 1000:>14.2f} s{told['first'] / 1000:>16.2f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
