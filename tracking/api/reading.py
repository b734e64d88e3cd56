"""JSON as it comes in: parsed without harm, read name by name, types made right, unknown names refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from tracking.api.problems import Malformed
from tracking.services.incoming import Refused

Json = Any
MOST_LISTED = 1_000  # elements of any list: the services have their own, lower bounds


class JsonParser(BaseParser):
    """Decimals stay exact; what would bring a parser to its knees is a problem, not an error of ours."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: Any = None, parser_context: Any = None) -> Json:
        try:
            text = stream.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Malformed(_("The body is not UTF-8 (byte %(at)d).") % {"at": error.start}) from error
        try:
            return json.loads(text, parse_float=Decimal, parse_constant=_refuse)
        except RecursionError as error:
            raise Malformed(_("The body is nested too deeply.")) from error
        except json.JSONDecodeError as error:
            said = {"why": error.msg, "line": error.lineno, "column": error.colno}
            raise Malformed(
                _("The body is not valid JSON: %(why)s, line %(line)d, column %(column)d.") % said
            ) from error
        except ValueError as error:
            raise Malformed(_("The body holds a number that is none.")) from error


def _refuse(constant: str) -> None:
    raise ValueError(constant)


class Reader:
    """One JSON object, read name by name; complaints are collected with the place they are about."""

    def __init__(self, said: Mapping[str, Json], place: str, wrong: dict[str, list[str]]) -> None:
        self.said, self._place, self.wrong = said, place, wrong
        self._read: set[str] = set()

    @classmethod
    def of(cls, said: Json, place: str = "", wrong: dict[str, list[str]] | None = None) -> Reader:
        wrong = {} if wrong is None else wrong
        if isinstance(said, dict):
            return cls(said, place, wrong)
        wrong.setdefault(place or "body", []).append(_("This must be a JSON object: {…}."))
        return cls({}, place, wrong)

    def complain(self, name: str, sentence: str) -> None:
        place = f"{self._place}.{name}" if self._place else name
        self.wrong.setdefault(place, []).append(sentence)

    def settle(self, *, known: Iterable[str] = ()) -> None:
        """Raises Refused with all that is wrong, names nobody has read among it."""
        self.check_names(known)
        if self.wrong:
            raise Refused(self.wrong)

    def check_names(self, known: Iterable[str] = ()) -> None:
        for name in self.said.keys() - self._read - set(known):
            self.complain(name[:60], _("There is no such field: check how it is written."))

    def has(self, name: str) -> bool:
        self._read.add(name)
        return name in self.said

    def take(self, name: str) -> Json:
        self._read.add(name)
        return self.said.get(name)

    def needed_text(self, name: str) -> str:
        if self.take(name) in (None, ""):
            self.complain(name, _("This is needed."))
        return str(self.text(name, ""))

    def text(self, name: str, otherwise: Any = None) -> Any:
        """null empties a text, as "" does."""
        if not self.has(name):
            return otherwise
        value = self.take(name)
        if value is not None and not isinstance(value, str):
            self.complain(name, _("This must be text, in quotes."))
            return otherwise
        return value or ""

    def word(self, name: str) -> str | None:
        """null is as good as nothing said."""
        return self.text(name) or None

    def moment(self, name: str) -> Any:
        return self._parsed(
            name,
            lambda text: datetime.fromisoformat(text) if len(text) > 10 else None,
            _("This must be a date and a time, like 2026-11-21T12:00:00+01:00."),
        )

    def day(self, name: str) -> Any:
        return self._parsed(name, _day, _("This must be a date, like 2026-11-21."))

    def amount(self, name: str) -> Any:
        value = self.take(name)
        if value is None or (type(value) is int and abs(value) < 10**30) or isinstance(value, Decimal):
            return value
        try:
            return Decimal(value) if isinstance(value, str) and len(value) < 40 else self._no_amount(name)
        except InvalidOperation:
            return self._no_amount(name)

    def _no_amount(self, name: str) -> None:
        self.complain(name, _("This must be an exact amount, like 49.90."))

    def listed(self, name: str) -> list[Json] | None:
        """None: not said. null is an empty list."""
        if not self.has(name):
            return None
        value = self.take(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.complain(name, _("This must be a list: […]."))
            return []
        if len(value) > MOST_LISTED:
            self.complain(name, _("No more than %(most)d, please.") % {"most": MOST_LISTED})
            return []
        return value

    def objects(self, name: str) -> list[Reader] | None:
        """The objects of a list, each to be read like this one."""
        found = self.listed(name)
        place = f"{self._place}.{name}" if self._place else name
        return found and [Reader.of(one, f"{place}.{n}", self.wrong) for n, one in enumerate(found)]

    def _parsed(self, name: str, parse: Callable[[str], Any], sentence: str) -> Any:
        value = self.take(name)
        if value is None:
            return None
        try:
            parsed = parse(value) if isinstance(value, str) and len(value) <= 40 else None
        except ValueError:
            parsed = None
        if parsed is None:
            self.complain(name, sentence)
        return parsed


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if len(text) == 10 else None
