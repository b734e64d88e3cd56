"""What an invoice adds up to, and a credit note takes back. Pure; exact to the cent.

Rounding: once for each tax rate, not line by line (docs/decisions say why). Where prices include the tax, the
gross of a rate is what was paid, its net is rounded, and the tax is the rest: nothing is lost or made up, and the
total is the order's. Where they do not, the tax of a rate's net is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

HUNDRED = Decimal(100)
NOTHING = Decimal(0)
MOST_PLACES = 2  # as many as the columns keep


class CannotInvoiceError(Exception):
    """`why`: prices (not known), rate (none for where it goes), nothing (all was cancelled)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Bought:
    """Units of an article still wanted. `unit_price` as the shop says its prices; None: not known."""

    title: str
    quantity: int
    unit_price: Decimal | None
    variant: str = ""
    sku: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """`amount`: as the shop says its prices, with or without tax. `kind`: article, charge (postage and other),
    discount, or whole (the order, where articles have no prices). `of`: the line it takes back, from 0."""

    kind: str
    title: str
    quantity: int
    unit: Decimal
    amount: Decimal
    rate: Decimal
    variant: str = ""
    sku: str = ""
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Tax:
    rate: Decimal  # percent
    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class Sums:
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]

    @property
    def net(self) -> Decimal:
        return sum((one.net for one in self.taxes), NOTHING)

    @property
    def tax(self) -> Decimal:
        return sum((one.tax for one in self.taxes), NOTHING)

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


def rounded(amount: Decimal, places: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def rate_for(rates: Mapping[str, str], country: str, sku: str = "") -> Decimal | None:
    """The percent for an article that goes to `country`: its own ("ES:SAL-3"), else the country's, else that
    of all others (""); None where the shop said none."""
    own = rates.get(f"{country}:{sku}") if sku else None
    said = own if own is not None else rates.get(country, rates.get(""))
    return Decimal(said) if said is not None else None


def add_up(
    bought: Sequence[Bought],
    *,
    total: Decimal | None,
    rates: Mapping[str, str],
    country: str,
    includes_tax: bool,
    places: int = 2,
) -> Sums:
    """What was bought, and what of `total` the articles do not account for, as an invoice.

    Where the order came to more, the rest is a charge (postage) at the country's rate; where it came to less, a
    discount, shared out over the rates by what each came to. Raises CannotInvoiceError.
    """
    places = min(places, MOST_PLACES)
    standard = rate_for(rates, country)
    if standard is None:
        raise CannotInvoiceError("rate")
    total = rounded(total, places) if total is not None else None
    wanted = [one for one in bought if one.quantity > 0]
    if not wanted:
        raise CannotInvoiceError("nothing")
    if any(one.unit_price is None for one in wanted):
        return _whole(wanted, total, rates, country, standard, includes_tax, places)
    lines = [_line(one, rate_for(rates, country, one.sku) or NOTHING, places) for one in wanted]
    taxes = _taxes(lines, includes_tax, places)
    rest = _rest(total, lines, taxes)
    if not rest:
        return Sums(tuple(lines), taxes)
    shares = {standard: rest} if rest > 0 else _shared(rest, {one.rate: one.gross for one in taxes}, places)
    return _with_rest(lines, taxes, shares, includes_tax, places)


def _line(one: Bought, rate: Decimal, places: int) -> Line:
    unit = one.unit_price or NOTHING
    amount = rounded(unit * one.quantity, places)
    return Line("article", one.title, one.quantity, unit, amount, rate, one.variant, one.sku)


def _whole(
    wanted: Sequence[Bought],
    total: Decimal | None,
    rates: Mapping[str, str],
    country: str,
    standard: Decimal,
    includes_tax: bool,
    places: int,
) -> Sums:
    """One line for all, where the articles have no prices but the order has, and all are taxed alike."""
    alike = {rate_for(rates, country, one.sku) for one in wanted} == {standard}
    if total is None or total <= 0 or not alike:
        raise CannotInvoiceError("prices")
    line = Line("whole", ", ".join(one.title for one in wanted)[:200], 1, total, total, standard)
    return Sums((line,), _taxes([line], includes_tax, places))


def _taxes(lines: Iterable[Line], includes_tax: bool, places: int) -> tuple[Tax, ...]:
    """Highest rate first."""
    by_rate: dict[Decimal, Decimal] = {}
    for line in lines:
        by_rate[line.rate] = by_rate.get(line.rate, NOTHING) + line.amount
    ordered = sorted(by_rate.items(), reverse=True)
    return tuple(_tax(rate, amount, includes_tax, places) for rate, amount in ordered)


def _tax(rate: Decimal, amount: Decimal, includes_tax: bool, places: int) -> Tax:
    if includes_tax:
        net = rounded(amount * HUNDRED / (HUNDRED + rate), places)
        return Tax(rate, net, amount - net)
    return Tax(rate, amount, rounded(amount * rate / HUNDRED, places))


def _rest(total: Decimal | None, lines: Sequence[Line], taxes: Sequence[Tax]) -> Decimal:
    """What the order came to beyond its articles. A total that is theirs before tax is no other total."""
    articles = sum((line.amount for line in lines), NOTHING)
    if total is None or total <= 0 or total == articles:
        return NOTHING
    return total - sum((one.gross for one in taxes), NOTHING)


def _shared(rest: Decimal, by_rate: Mapping[Decimal, Decimal], places: int) -> dict[Decimal, Decimal]:
    """`rest` in proportion, to the cent: the last rate takes what rounding leaves."""
    whole = sum(by_rate.values(), NOTHING)
    shares: dict[Decimal, Decimal] = {}
    left = rest
    *others, last = sorted(by_rate)
    for rate in others:
        shares[rate] = rounded(rest * by_rate[rate] / whole, places) if whole else NOTHING
        left -= shares[rate]
    return {rate: share for rate, share in {**shares, last: left}.items() if share}


def _with_rest(
    lines: list[Line],
    taxes: Sequence[Tax],
    shares: Mapping[Decimal, Decimal],
    includes_tax: bool,
    places: int,
) -> Sums:
    """`shares`: by rate, with tax. The gross of each rate grows by exactly its share."""
    by_rate = {one.rate: one for one in taxes}
    more = []
    for rate, share in shares.items():
        before = by_rate.get(rate, Tax(rate, NOTHING, NOTHING))
        after = _tax(rate, before.gross + share, True, places)
        by_rate[rate] = after
        amount = share if includes_tax else after.net - before.net
        more.append(Line("charge" if share > 0 else "discount", "", 1, amount, amount, rate))
    ordered = sorted(by_rate.values(), key=lambda one: one.rate, reverse=True)
    return Sums((*lines, *more), tuple(ordered))


def left_of(issued: Sums, taken_back: Sequence[Sums]) -> Sums:
    """What of an invoice its credit notes have not taken back; lines in the invoice's order, also those with
    nothing left."""
    lines = list(issued.lines)
    for note in taken_back:
        for line in note.lines:
            if line.of is not None:
                held = lines[line.of]
                lines[line.of] = replace(
                    held, quantity=held.quantity - line.quantity, amount=held.amount + line.amount
                )
    by_rate = {one.rate: one for one in issued.taxes}
    for one in (one for note in taken_back for one in note.taxes):
        held_tax = by_rate[one.rate]
        by_rate[one.rate] = Tax(one.rate, held_tax.net + one.net, held_tax.tax + one.tax)
    return Sums(tuple(lines), tuple(by_rate[one.rate] for one in issued.taxes))


def credit(
    left: Sums, units: Mapping[int, int] | None = None, *, includes_tax: bool, places: int = 2
) -> Sums:
    """A credit note over `units` of what is `left` of an invoice, by place of the line; None: over all of it.

    Its amounts are negative. All that is left is taken back to the cent; a part never takes back more than is
    left of its rate. Raises CannotInvoiceError where there is nothing to take back.
    """
    places = min(places, MOST_PLACES)
    lines = []
    for place, line in enumerate(left.lines):
        asked = line.quantity if units is None else min(units.get(place, 0), line.quantity)
        if asked > 0:
            amount = line.amount if asked == line.quantity else rounded(line.unit * asked, places)
            lines.append(replace(line, quantity=asked, amount=-amount, of=place))
    if not lines:
        raise CannotInvoiceError("nothing")
    quantities = {line.of: line.quantity for line in lines}
    if all(quantities.get(place, 0) == line.quantity for place, line in enumerate(left.lines)):
        taxes = tuple(Tax(one.rate, -one.net, -one.tax) for one in left.taxes)
        return Sums(tuple(lines), taxes)
    most = {one.rate: one for one in left.taxes}
    return Sums(
        tuple(lines), tuple(_at_most(one, most[one.rate]) for one in _taxes(lines, includes_tax, places))
    )


def _at_most(asked: Tax, most: Tax) -> Tax:
    """`asked` is negative, `most` is not, unless a discount makes it so."""
    if -asked.gross > most.gross >= 0:
        return Tax(asked.rate, -most.net, -most.tax)
    return asked
