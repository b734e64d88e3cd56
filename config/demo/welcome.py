"""What the demo prints when all is up: where to look, and a line to try."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

WHAT = {
    "live": "on its way right now: watch it change",
    "pickup": "waiting at a pickup point",
    "parcels": "several parcels",
    "preorder": "waits for stock",
}


def text(
    welcome: Mapping[str, Any],
    live: Sequence[Mapping[str, str]],
    *,
    environment: Mapping[str, str],
    mailbox: str,
) -> str:
    site = environment["SITE_URL"]
    lines = ["", "Rastro is up. Where to look:", "", "  As a shopper"]
    lines += [_page(site, page) for page in live]
    lines += [_page(site, page) for page in welcome.get("pages", ())]
    lines += [
        "",
        "  As a merchant",
        f"    {site}{welcome['console_path']}",
        f"    e-mail {welcome['email']}   password {welcome['password']}",
        "",
        "  What it sends      " + mailbox,
        "  The carriers       " + environment["CARRIER_SIMULATOR_URL"],
        f"  The API's pages    {site}/api/docs/",
        "",
        "  Place an order of your own, and watch its parcel move:",
        "",
        *(f"    {line}" for line in _curl(site, welcome["api_key"], welcome["try"]).splitlines()),
        "",
        "Ctrl-C stops everything and loses nothing: `make demo` goes on, `make demo-reset` starts anew.",
    ]
    return "\n".join(lines)


def _page(site: str, page: Mapping[str, str]) -> str:
    about = WHAT.get(page["what"], page["what"])
    return f"    {site}{page['path']}\n      {page['shop']}, order {page['order']}: {about}"


def _curl(site: str, key: str, order: Mapping[str, Any]) -> str:
    body = json.dumps(order, ensure_ascii=False).replace("'", "’")
    return (
        f"curl -X POST {site}/api/v1/orders/ \\\n"
        f"  -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\\n"
        f"  -d '{body}'"
    )
