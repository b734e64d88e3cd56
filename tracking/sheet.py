"""Everything one page says, put into words for one reader: what the templates print, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.numbers import format_currency
from django.utils.translation import ngettext

from tenants.models import Shop
from tracking import afterwards, change_card, changing, deeds, headlines, journey, labels, telling
from tracking.actions import PROVE, Action, actions, carrier_name
from tracking.afterwards import Paper, Product, Rating
from tracking.cards import Card, Pickup, Pill, card, pickup_of, pill_of
from tracking.change_card import ChangeCard
from tracking.courier import FOLLOWED_FOR
from tracking.freshness import Fresh, freshness, turns
from tracking.headlines import Facts
from tracking.journey import Day, Step, Tongue
from tracking.parcels import UNNAMED
from tracking.proof import Field, Trust, has_faded, shows
from tracking.route import Card as Map
from tracking.route import card as map_card
from tracking.route import way_of
from tracking.situation import facts_of_order, live
from tracking.snapshot import Line, Snapshot
from tracking.states import OrderState
from tracking.ticket_card import TicketCard, ticket_card
from tracking.when import Clock

OVER = frozenset(
    {
        OrderState.DELIVERED,
        OrderState.DELIVERED_INCOMPLETE,
        OrderState.COMPLETED,
        OrderState.RETURNED,
        OrderState.CANCELLED,
    }
)
# How often an open page asks whether anything moved, in seconds.
EVERY_S, EVERY_S_ON_THE_VAN, EVERY_S_OVER = 20, 15, 60


@dataclass(frozen=True, slots=True)
class Article:
    title: str
    variant: str
    quantity: int
    cancelled: bool
    price: str
    image_url: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Empty strings and tuples are what is not known, or not for this reader."""

    number: str
    pill: Pill
    about: str
    headline: str
    when: str
    lede: str
    deed: str  # what one can do
    pickup: Pickup | None  # of an only parcel
    taken_by: str  # who signed, of an only parcel
    fresh: Fresh | None
    steps: tuple[Step, ...]
    actions: tuple[Action, ...]
    map: Map | None
    cards: tuple[Card, ...]
    changes: tuple[ChangeCard, ...]  # asked of the delivery, and what became of them
    ticket: TicketCard | None  # what was written, and whose turn it is
    history: tuple[Day, ...]  # what the shop did, where no only parcel's card tells it
    is_unsent: bool  # there is no parcel yet
    articles: tuple[Article, ...]
    name: str
    where: str
    total: str
    placed: str
    papers: tuple[Paper, ...]
    receipt: bool  # who took it, when and where can be read
    rating: Rating | None
    blocks: tuple[str, ...]  # what stands beside the parcels, in the shop's order
    products: tuple[Product, ...]
    products_title: str
    faded: bool
    proved: bool
    may_prove: bool  # there is more to see, or to do, for who proves the order is theirs
    gift: bool  # for whom it is a present: neither what it is nor what it cost
    has_day: bool  # known, and not over: there is something for a calendar
    zone_place: str
    every_s: int


def good_until(snapshot: Snapshot, clock: Clock, shop: Shop) -> datetime:
    """When the same order would be told in other words: at midnight, when a slot is over, a scan is due, or what
    can be changed can be no more."""
    slots = [snapshot.order.slot_to, *(parcel.slot_to for parcel in snapshot.parcels)]
    overdue = turns(live(snapshot.parcels), snapshot.order, clock, shop.country)
    unheard = [p.followed_at + FOLLOWED_FOR for p in snapshot.parcels if p.followed_at]
    cutoffs = [_next_cutoff(snapshot, shop, clock)]
    ends = (end for end in (*slots, *cutoffs) if end and end > clock.now)
    return min([clock.next_midnight, *overdue, *unheard, *ends])


def sheet(snapshot: Snapshot, shop: Shop, clock: Clock, tongue: Tongue, trust: Trust) -> Sheet:
    """In the active language."""
    order, parcels = snapshot.order, snapshot.parcels
    facts = facts_of_order(order, parcels, clock)
    told = telling.of_order(order, parcels, facts, snapshot.wordings, tongue)
    faded = has_faded(_over_at(snapshot, facts), clock.now)

    def seen(field: Field) -> bool:
        return shows(field, trust, faded=faded)

    offered = deeds.put_first(
        told.deed,
        actions(
            order, list(parcels), shop, trust, faded=faded, may_change=_may_change(snapshot, shop, clock)
        ),
        shop.website,
    )
    own = journey.of_order(snapshot, clock, tongue) if seen(Field.TIMELINE) else []
    own += change_card.entries(snapshot.requests, parcels, clock, seen)
    only = len(parcels) == 1
    shown = parcels if seen(Field.TIMELINE) else ()
    cards = tuple(
        card(
            parcel,
            index=index,
            among=parcels,
            order=snapshot.order,
            lines=snapshot.lines,
            wordings=snapshot.wordings,
            tongue=tongue,
            own=own if only else (),
            clock=clock,
            trust=trust,
            faded=faded,
        )
        for index, parcel in enumerate(shown, start=1)
    )
    return Sheet(
        number=order.number.lstrip("#"),
        pill=_pill(snapshot, facts, tongue),
        about=_about(snapshot, carriers=seen(Field.CARRIER), lines=seen(Field.LINES)),
        headline=told.headline,
        when=_when(facts, told.headline),
        lede=told.explained,
        deed=str(told.deed.said),
        pickup=pickup_of(parcels[0], clock, trust, faded=faded) if only else None,
        taken_by=parcels[0].signed_by if only and seen(Field.PROOF_OF_DELIVERY) else "",
        fresh=freshness(live(parcels), order, clock, shop.country) if seen(Field.TIMELINE) else None,
        steps=tuple(journey.steps(snapshot, clock, tongue)),
        actions=offered,
        map=map_card(way, clock, trust, snapshot.look, faded=faded)
        if (way := way_of(snapshot, shop.country))
        else None,
        cards=cards,
        changes=change_card.cards(snapshot.requests, parcels, clock, seen),
        ticket=ticket_card(snapshot.tickets, clock, seen),
        history=() if only else journey.by_day(own, clock),
        is_unsent=not parcels,
        articles=_articles(snapshot.lines, order.currency, clock, prices=seen(Field.PRICES))
        if seen(Field.LINES)
        else (),
        name=order.customer_name if seen(Field.NAME) else "",
        where=_where(snapshot, clock, whole=seen(Field.ADDRESS)) if seen(Field.TOWN) else "",
        total=_money(order.total, order.currency, clock) if seen(Field.PRICES) else "",
        placed=clock.day(clock.date_of(order.placed_at)),
        papers=afterwards.papers(snapshot, seen=seen(Field.INVOICE)) if seen(Field.LINES) else (),
        receipt=facts.delivered_at is not None and seen(Field.PROOF_OF_DELIVERY),
        rating=afterwards.rating(snapshot, shop, facts, clock) if seen(Field.REVIEW) else None,
        blocks=afterwards.blocks(snapshot.look) if seen(Field.PROMOTION) else ("order",),
        products=afterwards.products(snapshot.look.products) if seen(Field.PROMOTION) else (),
        products_title=snapshot.look.products_title,
        faded=faded and trust <= Trust.LINK,
        proved=trust > Trust.LINK,
        may_prove=trust is Trust.LINK or (trust > Trust.LINK and any(a.href == PROVE for a in offered)),
        gift=trust is Trust.GIFT,
        has_day=bool(order.slot_from or order.eta_first) and order.state not in OVER and seen(Field.ETA),
        zone_place=clock.place() if str(clock.zone) != shop.time_zone else "",
        every_s=_every_s(order.state),
    )


def _may_change(snapshot: Snapshot, shop: Shop, clock: Clock) -> bool:
    order, options, zone = snapshot.order, snapshot.options, ZoneInfo(shop.time_zone)
    return bool(options) and changing.may_change(
        order, snapshot.parcels, options, snapshot.requests, now=clock.now, zone=zone
    )


def _next_cutoff(snapshot: Snapshot, shop: Shop, clock: Clock) -> datetime | None:
    order, options, zone = snapshot.order, snapshot.options, ZoneInfo(shop.time_zone)
    return changing.next_cutoff(order, snapshot.parcels, options, snapshot.requests, now=clock.now, zone=zone)


def _over_at(snapshot: Snapshot, facts: Facts) -> datetime | None:
    order = snapshot.order
    return (facts.delivered_at or order.state_since) if order.state in OVER else None


def _every_s(state: str) -> int:
    if state in OVER:
        return EVERY_S_OVER
    return EVERY_S_ON_THE_VAN if state == OrderState.OUT_FOR_DELIVERY else EVERY_S


def _pill(snapshot: Snapshot, facts: Facts, tongue: Tongue) -> Pill:
    """What stands in the way, if anything does; else the state, in the shop's words where it has some."""
    order = snapshot.order
    if order.state not in OVER:
        if order.attention and headlines.trouble_headline(order.attention):
            return pill_of(order.attention)
        if facts.delayed:
            return Pill(labels.health_label("delayed"), "warn")
    own = next((s for s in snapshot.states if s.canonicals == (order.state,) and s.visible), None)
    label = labels.own_label(own.labels, tongue.language, tongue.shop_language) if own else ""
    if not label and order.state == OrderState.ROUTED:
        label = labels.state_label(OrderState.PREPARING)  # which warehouse is the shop's own business
    tone = {OrderState.CANCELLED: "plain", OrderState.RETURNING: "warn", OrderState.RETURNED: "plain"}
    done = "done" if order.state in (OrderState.DELIVERED, OrderState.COMPLETED) else ""
    return Pill(label or labels.state_label(order.state), tone.get(OrderState(order.state), done))


def _about(snapshot: Snapshot, *, carriers: bool, lines: bool) -> str:
    said = []
    units = sum(line.quantity - line.cancelled for line in snapshot.lines)
    if lines and units:
        said.append(ngettext("%(count)d item", "%(count)d items", units) % {"count": units})
    if carriers:
        sent = [p.carrier for p in snapshot.parcels if p.direction == "outbound" and p.carrier not in UNNAMED]
        said += dict.fromkeys(map(carrier_name, sent))
    return "".join(f" · {part}" for part in said)


def _when(facts: Facts, headline: str) -> str:
    """When it comes, where the headline says something else."""
    if facts.state in OVER or facts.state in (OrderState.READY_FOR_PICKUP, OrderState.RETURNING):
        return ""
    if facts.state == OrderState.OUT_FOR_DELIVERY and not facts.slot_from:
        return ""  # it is on the van: what was reckoned before counts no more
    said = headlines.arrival(facts)
    return "" if said == headline else said


def _articles(lines: Sequence[Line], currency: str, clock: Clock, *, prices: bool) -> tuple[Article, ...]:
    return tuple(
        Article(
            title=line.title,
            variant=line.variant,
            quantity=wanted or line.quantity,
            cancelled=not wanted,
            price=_money(line.unit_price * wanted, currency, clock)
            if prices and wanted and line.unit_price is not None
            else "",
            image_url=line.image_url if line.image_url.startswith("https://") else "",
        )
        for line in lines
        for wanted in (line.quantity - line.cancelled,)
    )


def _money(amount: Decimal | None, currency: str, clock: Clock) -> str:
    if amount is None or not currency:
        return ""
    return format_currency(amount, currency, locale=clock.locale)


def _where(snapshot: Snapshot, clock: Clock, *, whole: bool) -> str:
    order = snapshot.order
    if not whole:
        return order.city
    town = " ".join(part for part in (order.postal_code, order.city) if part)
    country = clock.locale.territories.get(order.country, "")
    parts = (order.address_line, order.address_extra, town, order.region, country)
    return ", ".join(part for part in parts if part)
