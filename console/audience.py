"""Whom a banner is for: the conditions a rule has as well, as rows of a form."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from console.rule_form import ASKS, Row
from console.rule_names import RuleNames
from notifications.conditions import SUBJECTS, Condition

MOST_ROWS = 8
_KNOWN = {code for _group, asks in ASKS for code, _label in asks}
# Nobody who may not be sent offers ever sees one.
CHOICES = [(group, [ask for ask in asks if not ask[0].startswith("marketing")]) for group, asks in ASKS]


class Audience:
    """The rows of one form: those there are and one to fill in."""

    def __init__(self, names: RuleNames, held: Sequence[Condition], data: Any = None) -> None:
        self.names = names
        if data is None:
            rows = [self._row(n, condition) for n, condition in enumerate(held)]
        else:
            sent = [
                (str(data.get(f"ask-{n}", "")), str(data.get(f"values-{n}", ""))) for n in range(MOST_ROWS)
            ]
            rows = [Row(n, ask, said[:800]) for n, (ask, said) in enumerate(pair for pair in sent if pair[0])]
        self.rows = [*rows, Row(len(rows))][:MOST_ROWS]

    def _row(self, n: int, condition: Condition) -> Row:
        if condition.test == "is":
            return Row(n, f"{condition.of}:is:{condition.values[0]}")
        said = ", ".join(self.names.name(condition.of, value) for value in condition.values)
        return Row(n, f"{condition.of}:{condition.test}", said)

    def conditions(self) -> list[dict[str, object]] | None:
        """None where a row cannot be read; it says why."""
        found = [one for row in self.rows if row.ask and (one := self._read(row))]
        return None if any(row.error for row in self.rows) else [one.as_json() for one in found]

    def _read(self, row: Row) -> Condition | None:
        if row.ask not in _KNOWN:
            row.error = _("This cannot be asked.")
            return None
        of, _colon, test = row.ask.partition(":")
        test, _colon, value = test.partition(":")
        if value:
            return Condition(of, test, (value,))
        values = self._amount(row) if SUBJECTS[of].found is None else self._values(row, of)
        return None if row.error else Condition(of, test, tuple(values))

    def _values(self, row: Row, of: str) -> list[str]:
        said = [one.strip() for one in row.values.split(",") if one.strip()]
        if not said:
            row.error = _("Write what it is to be: several with commas.")
        if any(len(one) > 80 for one in said) or len(said) > 60:
            row.error = _("That is too long.")
        codes = {one: self.names.code(of, one) for one in said}
        if missing := [one for one, code in codes.items() if code is None]:
            row.error = _("There is no “%(said)s” to choose.") % {"said": missing[0]}
        return [code for code in codes.values() if code]

    def _amount(self, row: Row) -> list[str]:
        try:
            amount = Decimal(row.values.strip().replace(",", "."))
        except InvalidOperation:
            amount = Decimal(-1)
        if not amount.is_finite() or not 0 <= amount < 10**9:
            row.error = _("An amount, as in 50.")
            return []
        return [f"{amount:f}"]
