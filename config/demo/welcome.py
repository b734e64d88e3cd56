"""What the demo prints when all is up: where to look, and a line to try."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Any

from carriers.simulator.journeys import journey_by_lot
from carriers.simulator.numbers import number_for

WHAT = {
    "live": "on its way right now: watch it change",
    "van": "with the shop's own van: watch it come nearer on the map",
    "pickup": "waiting at a pickup point",
    "parcels": "several parcels",
    "preorder": "waits for stock",
}


def order_to_try(carrier: str, *, now: datetime) -> dict[str, Any]:
    """An order as the API takes it, with a parcel the simulator will bring to the door."""
    numbers = (number_for(carrier, f"{now.isoformat()}:{n}") for n in count())
    return {
        "number": f"WEB-{now:%d%H%M%S}",
        "placed_at": now.isoformat(timespec="seconds"),
        "customer_name": "Ana Prueba",
        "customer_email": "ana@correo.example",
        "city": "Valencia",
        "country": "ES",
        "total": "36.00",
        "lines": [{"title": "Taza", "quantity": 2, "unit_price": "18.00"}],
        "shipments": [
            {"carrier": carrier, "number": next(n for n in numbers if journey_by_lot(n) == "straight")}
        ],
    }


def text(told: Mapping[str, Any], *, environment: Mapping[str, str], mailbox: str) -> str:
    """`told`: what `manage.py seed_demo` noted."""
    site, seeded = environment["SITE_URL"], told["welcome"]
    lines = ["", "Rastro is up. Where to look:", "", "  As a shopper"]
    lines += [_page(site, page) for page in [*told["live"], *_van(told), *seeded["pages"]]]
    lines += [
        "",
        *_driver(site, told),
        "  As a merchant",
        f"    {site}{seeded['console_path']}",
        f"    e-mail {seeded['email']}   password {seeded['password']}",
        "",
        f"  The mails it sends     {mailbox}",
        f"  A shop's own site      {mailbox}account",
        f"  The carriers           {environment['CARRIER_SIMULATOR_URL']}/",
        f"  The API's pages        {site}/api/docs/",
        "",
        "  Place an order of your own, and watch its parcel move:",
        "",
        _curl(site, seeded["api_key"], told["try"]),
        "",
        "Ctrl-C stops everything and loses nothing: `make demo` goes on, `make demo-reset` starts anew.",
    ]
    return "\n".join(lines)


def _van(told: Mapping[str, Any]) -> list[Mapping[str, str]]:
    return [told["van"]["page"]] if told.get("van") else []


def _driver(site: str, told: Mapping[str, Any]) -> list[str]:
    if not told.get("van"):
        return []
    return ["  As that van's driver, on a phone", f"    {site}{told['van']['driver_path']}", ""]


def _page(site: str, page: Mapping[str, str]) -> str:
    about = WHAT.get(page["what"], page["what"])
    return f"    {site}{page['path']}\n      {page['shop']}, order {page['order']}: {about}"


def _curl(site: str, key: str, order: Mapping[str, Any]) -> str:
    """To be copied whole: nothing in it needs a shell's care but the quotes around the body."""
    body = json.dumps(order).replace("'", "\\u0027")
    return (
        f"    curl -X POST {site}/api/v1/orders \\\n"
        f"      -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\\n"
        f"      -d '{body}'"
    )
