"""Lists, a page at a time: where the next one begins is in its address, and no page is skipped or shown twice."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.request import Request

from tracking.api.addresses import plain
from tracking.api.problems import Invalid

PAGE, MOST = 50, 100
_LARGEST = 2**63


class Asked:
    """What a list is asked for in its address. Complaints are raised together, as Invalid."""

    def __init__(self, request: Request, known: Sequence[str]) -> None:
        self._said, self.wrong = request.query_params, dict[str, list[str]]()
        self.path = request._request.path
        for name in self._said.keys() - {*known, "limit", "cursor"}:
            names = ", ".join(sorted([*known, "limit", "cursor"]))
            self.complain(name[:60], _("There is no such filter. There are: %(names)s.") % {"names": names})

    def complain(self, name: str, sentence: str) -> None:
        self.wrong.setdefault(plain(name), []).append(sentence)

    def settle(self) -> None:
        if self.wrong:
            raise Invalid(self.wrong)

    def text(self, name: str) -> str:
        return plain(self._said.get(name, ""))[:200].strip()

    def among(self, name: str, choices: Sequence[str]) -> list[str]:
        """One or several of `choices`, named again and again or with commas."""
        asked = [
            part.strip() for said in self._said.getlist(name) for part in said.split(",") if part.strip()
        ]
        if unknown := [part for part in asked if part not in choices]:
            said = {"unknown": plain(", ".join(unknown))[:80], "known": ", ".join(choices)}
            self.complain(name, _("Not known: %(unknown)s. There are: %(known)s.") % said)
        return asked

    def moment(self, name: str) -> datetime | None:
        text = self._said.get(name, "").replace(" ", "+")  # a + not escaped in an address is a space
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text) if 10 < len(text) <= 40 else None
        except ValueError:
            at = None
        if at is None or at.utcoffset() is None or not 1970 <= at.year < 3000:
            self.complain(name, _("This must be a time with its zone, like 2026-11-21T12:00:00Z."))
            return None
        return at

    def limit(self) -> int:
        text = self._said.get("limit", str(PAGE))
        if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MOST:
            return int(text)
        self.complain("limit", _("This must be a whole number from 1 to %(most)d.") % {"most": MOST})
        return PAGE

    def cursor(self, kinds: Sequence[type]) -> list[Any] | None:
        """The place after which the page begins."""
        text = self._said.get("cursor", "")
        if not text:
            return None
        try:
            said = json.loads(base64.urlsafe_b64decode(text.encode() + b"=="))
            place = [_value(kind, value) for kind, value in zip(kinds, said, strict=True)]
        except (ValueError, TypeError, binascii.Error, RecursionError, OverflowError):
            self.complain("cursor", _("This is no cursor: take the address in `next` as it is."))
            return None
        return place

    def next_url(self, place: Sequence[Any]) -> str:
        said = [
            (name, value) for name in self._said for value in self._said.getlist(name) if name != "cursor"
        ]
        values = [value.isoformat() if isinstance(value, datetime) else value for value in place]
        cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode()
        return f"{settings.SITE_URL}{self.path}?{urlencode([*said, ('cursor', cursor)])}"


def _value(kind: type, value: Any) -> Any:
    if kind is datetime:
        at = datetime.fromisoformat(value)
        if at.utcoffset() is None:
            raise ValueError(value)
        return at
    if type(value) is not int or not 0 <= value < _LARGEST:
        raise ValueError(value)
    return value


def page(
    rows: QuerySet[Any], asked: Asked, fields: Sequence[str], kinds: Sequence[type], *, newest_first: bool
) -> tuple[list[Any], str | None]:
    """A page of `rows` in the order of `fields`, the last of which tells rows apart; and the next one's address."""
    limit, after = asked.limit(), asked.cursor(kinds)
    asked.settle()
    sign, compare = ("-", "lt") if newest_first else ("", "gt")
    rows = rows.order_by(*(sign + name for name in fields))
    if after is not None:
        beyond = Q()
        for position, name in enumerate(fields):
            same = dict(zip(fields[:position], after, strict=False))
            beyond |= Q(**same, **{f"{name}__{compare}": after[position]})
        # The first field alone as well: the planner finds the place in the index by it.
        rows = rows.filter(**{f"{fields[0]}__{compare}e": after[0]}).filter(beyond)
    found = list(rows[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], asked.next_url([getattr(last, name) for name in fields])
