"""Asks axe whether everybody can use a page: WCAG 2.2, A and AA. A script of its own, so that it is put in but once a page."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe

_SOURCE = Axe().axe_script
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ASK = """([tags, only]) => axe.run({
  runOnly: only ? { type: "rule", values: only } : { type: "tag", values: tags },
  rules: only ? {} : { "target-size": { enabled: true } },
  resultTypes: ["violations"],
}).then(found => found.violations.flatMap(v => v.nodes.map(n =>
  `${v.id}: ${n.html.slice(0, 140)} ${n.any[0]?.message ?? ""}`)))"""


def violations(page: Any, *, only: list[str] | None = None) -> list[str]:
    """What axe holds against `page` as it stands, each with the element. `only`: these rules."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_SOURCE)
    found: list[str] = page.evaluate(ASK, [TAGS, only])
    return found
