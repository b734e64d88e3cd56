"""What an order's page holds beside where it is: stars, papers, what the shop put there. For one reader, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tenants.models import Shop
from tenants.services import BLOCKS
from tracking import reviewing
from tracking.actions import PROVE, carrier_name, web
from tracking.headlines import Facts
from tracking.parcels import UNNAMED
from tracking.reviewing import Course
from tracking.snapshot import Look, Snapshot
from tracking.states import OrderState
from tracking.when import Clock

USUAL_BLOCKS = ("banner", "order", "products")  # where the shop arranged nothing


@dataclass(frozen=True, slots=True)
class Rating:
    """`carrier` is empty where there is none to rate. Stars are None where none were given."""

    carrier: str
    shop_stars: int | None
    carrier_stars: int | None

    @property
    def is_given(self) -> bool:
        return self.stars > 0

    @property
    def stars(self) -> int:
        """The shop's, else the carrier's."""
        return self.shop_stars or self.carrier_stars or 0

    @property
    def drawn(self) -> str:
        return "★" * self.stars + "☆" * (5 - self.stars)


@dataclass(frozen=True, slots=True)
class Paper:
    """An invoice or credit note. `href` leads below the page, or elsewhere where the shop keeps it. `hidden`: there is
    one, for whoever proves the order is theirs."""

    label: str
    href: str
    outside: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    title: str
    price: str
    url: str
    image_url: str


def rating(snapshot: Snapshot, shop: Shop, facts: Facts, clock: Clock) -> Rating | None:
    """None where nothing is asked and nothing was said."""
    said = snapshot.reviews[0] if snapshot.reviews else None
    if said is None and not reviewing.is_invited(shop.review_invites, course_of(snapshot, facts, clock)):
        return None
    brought = [p for p in snapshot.parcels if p.direction == "outbound" and p.delivered_at]
    carrier = next((p.carrier for p in brought if p.carrier not in UNNAMED), "")
    return Rating(
        carrier_name(carrier) if carrier else "",
        said.shop_stars if said else None,
        said.carrier_stars if said else None,
    )


def course_of(snapshot: Snapshot, facts: Facts, clock: Clock) -> Course:
    order = snapshot.order
    return Course(
        state=order.state,
        needs_somebody=order.health == "attention",
        met=tuple({e.sub_status for p in snapshot.parcels for e in p.events if e.sub_status}),
        promised=order.promised_date,
        delivered=clock.date_of(facts.delivered_at) if facts.delivered_at else None,
        complaints=tuple(t.reason for t in snapshot.tickets),
    )


def papers(snapshot: Snapshot, *, seen: bool) -> tuple[Paper, ...]:
    """`seen`: the reader may see them: they carry name and address."""
    own = [
        Paper(_label("invoice", m.reference), web(m.url) if seen else PROVE, outside=seen, hidden=not seen)
        for m in snapshot.milestones
        if m.code == OrderState.INVOICE_ISSUED and m.url
    ]
    ours = [
        Paper(
            _("%(paper)s (PDF)") % {"paper": _label(i.kind, i.number)}
            if i.made
            else _label(i.kind, i.number),
            (f"invoice/{i.id}/pdf" if i.made else "invoice") if seen else PROVE,
            hidden=not seen,
        )
        for i in snapshot.invoices
        if i.status == "issued"
    ]
    return (*own, *ours, *_to_ask(snapshot, has_any=bool(own or ours), seen=seen))


def _to_ask(snapshot: Snapshot, *, has_any: bool, seen: bool) -> list[Paper]:
    """The way to an invoice, where the shop issues them and there is none."""
    elsewhere = {m.reference for m in snapshot.milestones if m.code == OrderState.INVOICE_ISSUED}
    if has_any or not snapshot.invoicing or elsewhere - {i.number for i in snapshot.invoices}:
        return []
    if snapshot.order.state in (OrderState.CANCELLED, OrderState.AWAITING_PAYMENT):
        return []
    asked = any(i.status == "asked" for i in snapshot.invoices)
    label = _("Your invoice is being prepared") if asked else _("Ask for an invoice")
    return [Paper(label, "invoice" if seen else PROVE)]


def _label(kind: str, number: str) -> str:
    if kind == "credit":
        return _("Credit note %(reference)s") % {"reference": number}
    return _("Invoice %(reference)s") % {"reference": number} if number else _("Invoice")


def blocks(look: Look) -> tuple[str, ...]:
    """What stands beside the parcels, in the shop's order; the order itself is always among it."""
    chosen = tuple(code for code in look.blocks if code in BLOCKS)
    if not chosen:
        return USUAL_BLOCKS
    return chosen if "order" in chosen else ("order", *chosen)


def products(rows: Sequence[Mapping[str, str]]) -> tuple[Product, ...]:
    return tuple(
        Product(row["title"], row.get("price", ""), row["url"], _picture(row.get("image_url", "")))
        for row in rows
        if row.get("title") and row.get("url", "").startswith("https://")
    )


def _picture(url: str) -> str:
    return url if url.startswith("https://") else ""
