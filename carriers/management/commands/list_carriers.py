"""Prints every carrier there is an adapter for, as the table of docs/carriers.md."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from carriers.directory import all_carriers
from carriers.registry import CARRIERS
from carriers.types import ApiKey, Basic, Carrier, InBody, Limits, Login, NoAuth, OAuth2, Trust

HEAD = """# Carriers

Written by `manage.py list_carriers`. {adapters} carriers and aggregators have an adapter: their interface is asked, and where
they push, listened to. {links} more are known by name, country and public page: a parcel of theirs shows the order's
states, the link, and the events the shop posts itself; where the shop has an aggregator, that one is asked about them.

Where an adapter rests on facts the carrier does not document, the console says so beside the carrier. An unofficial one is off
until the operator names it in `UNOFFICIAL_CARRIERS`.

| Carrier | Code | Signs in with | Numbers a call | Limit | Pushes |
|---|---|---|---|---|---|
"""
AUTH = {
    NoAuth: "nothing",
    ApiKey: "key",
    Basic: "user and password",
    InBody: "credentials in the call",
    OAuth2: "OAuth 2",
    Login: "a login of its own",
}
PUSHES = {
    Trust.SIGNED: "signed: taken as facts",
    Trust.SHARED: "unsigned: a reason to ask",
    Trust.NONE: "–",
}


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(page(), ending="")


def page() -> str:
    every = sorted(CARRIERS.values(), key=lambda one: (one.is_aggregator, one.name.casefold()))
    return HEAD.format(adapters=len(every), links=len(all_carriers())) + "".join(map(_row, every))


def _row(carrier: Carrier) -> str:
    kind = " (aggregator)" if carrier.is_aggregator else " (unofficial: off)" if carrier.unofficial else ""
    return (
        f"| [{carrier.name}]({carrier.docs}){kind} | `{carrier.code}` | {AUTH[type(carrier.auth)]} "
        f"| {carrier.per_call} | {_limit(carrier.limits)} | {PUSHES[carrier.push]} |\n"
    )


def _limit(limits: Limits) -> str:
    pace = (
        f"{limits.per_second:g} a second"
        if limits.per_second >= 0.5
        else f"{round(limits.per_second * 3600)} an hour"
    )
    day = f", {limits.per_day} a day" if limits.per_day else ""
    return pace + day + ("" if limits.published else " (our caution)")
