"""Drives a running simulator through its control API: for seeds, tests and load."""

from __future__ import annotations

import http.client
import json
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from carriers.types import Json, SubStatus


class SimulatorError(Exception):
    """The simulator said no; the message is its own."""


class Simulator:
    """A simulator at `url`. Every method raises SimulatorError, or OSError when nothing answers there."""

    def __init__(self, url: str, *, timeout_s: float = 10) -> None:
        self.url = url.rstrip("/")
        self._timeout_s = timeout_s

    def add(
        self,
        carrier: str,
        number: str,
        journey: str = "",
        *,
        started_at: datetime | None = None,
        speed: float | None = None,
        speed_from_now: float | None = None,
        reached: SubStatus | None = None,
        origin: str = "",
        destination: str = "",
        seed: str = "",
        replace: bool = False,
        hook: str = "",
    ) -> Json:
        """Order a parcel. Safe to repeat: one that is under way on that journey stays where it is.

        `hook`: the key of whoever is to be told of it.
        """
        wanted = {
            "carrier": carrier,
            "number": number,
            "journey": journey,
            "started_at": started_at.isoformat() if started_at else "",
            "speed": speed,
            "speed_from_now": speed_from_now,
            "reached": reached,
            "origin": origin,
            "destination": destination,
            "seed": seed,
            "replace": replace,
            "hook": hook,
        }
        return self._call("POST", "/parcels", {name: value for name, value in wanted.items() if value})

    def advance(self, number: str, minutes: float, *, carrier: str = "") -> Json:
        body = {"number": number, "minutes": minutes} | ({"carrier": carrier} if carrier else {})
        return self._call("POST", "/advance", body)

    def parcels(self, *, carrier: str = "", number: str = "") -> list[Json]:
        return self._list("/parcels", carrier=carrier, number=number)

    def rude(
        self, carrier: str, kind: str, *, share: float = 1.0, seconds: float = 60, slow_s: float = 5
    ) -> Json:
        body = {"carrier": carrier, "kind": kind, "share": share, "seconds": seconds, "slow_s": slow_s}
        return self._call("POST", "/rude", body)

    def polite(self) -> None:
        """Stop all rudeness."""
        self._call("DELETE", "/rude")

    def enforce_limits(self, enforced: bool = True) -> None:
        self._call("POST", "/limits", {"enforced": enforced})

    def calls(self, *, carrier: str = "", since: float = 0) -> list[Json]:
        """What carriers and Twilio were asked, oldest first."""
        return self._list("/calls", carrier=carrier, since=repr(since))

    def changes(self, number: str = "") -> list[Json]:
        """Deliveries that were to be changed, oldest first, and what came of each."""
        return self._list("/changes", number=number)

    def forget_calls(self) -> None:
        self._call("DELETE", "/calls")

    def hook(self, key: str, url: str, *, carrier: str = "17track", secret: str = "") -> None:
        """Where the carrier pushes what the owner of `key` follows; `secret` signs it."""
        self._call("POST", "/hooks", {"carrier": carrier, "key": key, "url": url, "secret": secret})

    def content(self, sid: str, body: str) -> None:
        """The words of a WhatsApp template, with {{1}}, {{2}}…"""
        self._call("POST", "/contents", {"sid": sid, "body": body})

    def messages(self, *, to: str = "") -> list[Json]:
        """Phone messages, latest first."""
        return self._list("/messages", to=to)

    def _list(self, path: str, **query: str) -> list[Json]:
        given = urlencode({name: value for name, value in query.items() if value})
        found = self._call("GET", f"{path}?{given}")
        return list(found)

    def _call(self, method: str, path: str, body: Json = None) -> Json:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port or 80, timeout=self._timeout_s
        )
        try:
            connection.request(
                method,
                f"{parts.path}/_sim{path}",
                None if body is None else json.dumps(body),
                {"Content-Type": "application/json"},
            )
            answer = connection.getresponse()
            said = json.loads(answer.read())
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise SimulatorError(said["error"])
        return said
