"""What a rule, or a banner's audience, asks of an order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation


@dataclass(frozen=True, slots=True)
class About:
    """What can be asked of an order. `orders_before`: by the same shopper. `marketing`: may be sold to (None: not
    known). `control`: of the holdout, which gets only what is essential."""

    carriers: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    country: str = ""
    sales_channel: str = ""
    value: Decimal | None = None
    currency: str = ""
    tags: frozenset[str] = frozenset()
    language: str = ""
    orders_before: int = 0
    marketing: bool | None = None
    control: bool = False
    skus: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Condition:
    """`of`: a name in SUBJECTS. `test`: in, not_in; at_least, below; is. Values as text."""

    of: str
    test: str
    values: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        return {"of": self.of, "is": self.test, "values": list(self.values)}

    @classmethod
    def read(cls, said: Mapping[str, object]) -> Condition:
        """Raises ValueError for what is no condition."""
        values = said.get("values")
        made = cls(str(said.get("of", "")), str(said.get("is", "")), ())
        if not isinstance(values, list) or not values:
            raise ValueError("values")
        made = cls(made.of, made.test, tuple(str(v) for v in values))
        subject = SUBJECTS.get(made.of)
        if subject is None:
            raise ValueError("of")
        if made.test not in subject.tests:
            raise ValueError("is")
        if made.of == "value":
            try:
                Decimal(made.values[0])
            except InvalidOperation as error:
                raise ValueError("values") from error
        if subject.choices and not set(made.values) <= set(subject.choices):
            raise ValueError("values")
        return made


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that can be asked. `found`: what an order has of it. `choices`: empty where any text will do."""

    found: Callable[[About], frozenset[str]] | None
    tests: tuple[str, ...] = ("in", "not_in")
    choices: tuple[str, ...] = field(default=())


SUBJECTS: Mapping[str, Subject] = {
    "carrier": Subject(lambda a: a.carriers),
    "service": Subject(lambda a: a.services),
    "country": Subject(lambda a: frozenset({a.country})),
    "sales_channel": Subject(lambda a: frozenset({a.sales_channel})),
    "value": Subject(None, ("at_least", "below")),
    "tag": Subject(lambda a: a.tags),
    "language": Subject(lambda a: frozenset({a.language})),
    "customer": Subject(
        lambda a: frozenset({"returning" if a.orders_before else "first"}), ("is",), ("first", "returning")
    ),
    "marketing": Subject(lambda a: frozenset({"yes" if a.marketing else "no"}), ("is",), ("yes", "no")),
    "sku": Subject(lambda a: a.skus),
}


def holds(condition: Condition, about: About) -> bool:
    subject = SUBJECTS[condition.of]
    if subject.found is None:
        if about.value is None:
            return False
        bound = Decimal(condition.values[0])
        return about.value >= bound if condition.test == "at_least" else about.value < bound
    wanted = {v.casefold() for v in condition.values}
    has = bool({v.casefold() for v in subject.found(about)} & wanted)
    return not has if condition.test == "not_in" else has
