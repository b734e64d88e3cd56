"""Fills an empty installation with the demo's shops and orders, and starts a fresh order in each shop."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import requests
from django.conf import settings

from carriers import registry
from carriers.services import connect
from carriers.simulator.numbers import number_for
from config.demo import afterwards, messages, past, told
from config.demo.alerts import choose
from config.demo.logos import logo
from config.demo.orders import ORDERS, DemoOrder, Parcel
from config.demo.shops import SHOPS, DemoShop
from config.demo.threads import converse
from config.demo.visits import look_back
from config.demo.wishes import offer_changes
from config.demo.words import tell
from notifications.services.rules import set_rule
from tenants import keys
from tenants.framing import set_frames
from tenants.isolation import shop_context
from tenants.models import Host, Membership, Role, Shop, User
from tenants.services import SYSTEM, change_brand, read_logo
from tenants.vault import page_token
from tracking.models import Order
from tracking.services.intake import LineIn, OrderIn, ShipmentIn, upsert_orders
from tracking.services.orders import record_milestone
from tracking.services.shops import open_shop

EMAIL, PASSWORD = "demo@rastro.example", "rastro-demo"  # told to everybody who runs the demo
# How much faster a live parcel lives: label to door (28.5 h) in some 140 s.
QUICK = 750.0
GUID = "00000000-0000-4000-8000-000000000001"  # GLS takes nothing else


@dataclass(frozen=True, slots=True)
class Page:
    """A shopper's page worth a look. `path` is below the installation's address."""

    shop: str
    order: str
    what: str
    path: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """What the demo prints. `api_key` is told once; whoever starts the demo keeps it."""

    pages: tuple[Page, ...]
    console_path: str
    email: str
    password: str
    api_key: str
    shop_slug: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def is_seeded() -> bool:
    return Shop.objects.filter(slug=SHOPS[0].slug).exists()


def seed(now: datetime) -> Welcome:
    """Make the three shops, their members, orders and parcels. Only for a database without them."""
    user = User.objects.create_user(EMAIL, PASSWORD, name="Vega Demo", language="")
    pages: list[Page] = []
    for spec in SHOPS:
        shop = _open(spec, user, now)
        orders = ORDERS[spec.slug]
        with shop_context(shop.pk):
            if spec is SHOPS[0]:
                past.live_through(spec, shop, now)
                told.remember(shop, now)
                messages.make(spec, shop, now)
            placed = _place(spec, shop, orders, now)
            offer_changes(shop, placed, now)
            tell(shop, now)
            converse(shop, placed, now)
            look_back(shop, now)
            choose(shop, now)
        pages += [_page(shop, placed[o.number], o.shown) for o in orders if o.shown in ("pickup", "parcels")]
    afterwards.seed({spec.slug: _shop(spec) for spec in SHOPS}, now)
    with shop_context(_shop(SHOPS[0]).pk):
        _key, secret = keys.issue(shop=_shop(SHOPS[0]), name="Demo", scopes=list(keys.SCOPES), by=user)
    slug = SHOPS[0].slug
    return Welcome(tuple(pages), f"/console/{slug}/", EMAIL, PASSWORD, secret, slug)


def open_to(site: str) -> None:
    """Let the stand-in for the first shop's own site show its widget: its port may be another at each start."""
    shop = _shop(SHOPS[0])
    with shop_context(shop.pk):
        set_frames(shop=shop, said=[site], by=SYSTEM)


def go_live(now: datetime) -> list[Page]:
    """Place one more order in each shop, whose parcel sets out now and arrives within two minutes."""
    pages = []
    for spec in SHOPS:
        shop = _shop(spec)
        model = next(o for o in ORDERS[spec.slug] if o.shown == "live")
        with shop_context(shop.pk):
            number = model.number
            if Order.objects.for_shop(shop).filter(number=number).exists():
                number = _next_number(shop, model.number)
            order = DemoOrder(
                **{**asdict(model), "number": number, "parcels": model.parcels, "articles": model.articles}
            )
            placed = _place(spec, shop, [order], now, history=False)
        pages.append(_page(shop, placed[number], "live"))
    return pages


def _next_number(shop: Shop, first: str) -> str:
    head, digits = first.rstrip("0123456789"), first[len(first.rstrip("0123456789")) :]
    taken = set(Order.objects.for_shop(shop).filter(number__startswith=head).values_list("number", flat=True))
    number = int(digits)
    while f"{head}{number}" in taken:
        number += 1
    return f"{head}{number}"


def _shop(spec: DemoShop) -> Shop:
    return Shop.objects.get(slug=spec.slug)


def _page(shop: Shop, order: Order, what: str) -> Page:
    token = page_token(shop_id=shop.pk, order_id=order.pk, turn=order.token_turn)
    return Page(shop.name, order.number, what, f"/t/{token}/")


def _open(spec: DemoShop, user: User, now: datetime) -> Shop:
    shop = open_shop(
        slug=spec.slug,
        name=spec.name,
        country=spec.country,
        language=spec.language,
        languages=list(spec.languages),
        currency=spec.currency,
        time_zone=spec.time_zone,
        preset=spec.preset,
        owner=user,
        by=SYSTEM,
        now=now,
        **spec.particulars,
    )
    Host.objects.create(shop=shop, host=f"{spec.slug}.localhost", verified_at=now)
    with shop_context(shop.pk):
        picture = read_logo(logo(spec.emblem, spec.name, spec.brand["colour"]))
        change_brand(shop=shop, by=SYSTEM, fields=spec.brand, logo=picture)
        for carrier in spec.carriers:
            wanted = registry.get(carrier).auth.secrets
            credentials = {one.name: GUID if one.name == "uid" else "demo" for one in wanted}
            connect(shop=shop, carrier=carrier, secrets=credentials, by=SYSTEM, now=now)
        for (state, channel), enabled in spec.rules.items():
            set_rule(shop=shop, state=state, channel=channel, enabled=enabled, by=SYSTEM, now=now)
        for role, name in ((Role.AGENT, "agente"), (Role.VIEWER, "consulta")):
            helper = User.objects.create_user(
                f"{name}@{spec.slug}.example", secrets.token_urlsafe(16), name=name.title()
            )
            Membership.objects.create(shop=shop, user=helper, role=role)
    return shop


def _place(
    spec: DemoShop, shop: Shop, orders: Iterable[DemoOrder], now: datetime, *, history: bool = True
) -> Mapping[str, Order]:
    """Tell the simulator of the parcels, then take the orders in. What happened before `now` is history."""
    orders = [o for o in orders if not (history and o.shown == "live")]
    numbers: dict[tuple[str, int], str] = {}
    for order in orders:
        for position, parcel in enumerate(order.parcels):
            if parcel.number:
                numbers[order.number, position] = parcel.number
                continue
            seed_word = f"{spec.slug}:{order.number}:{position}"
            numbers[order.number, position] = number_for(parcel.carrier, seed_word)
            _announce(spec, order, parcel, numbers[order.number, position], now)
    taken = upsert_orders(
        shop=shop,
        orders=[_order_in(spec, order, numbers, now, history=history) for order in orders],
        by=SYSTEM,
        now=now,
        history=history,
    )
    refused = [t.refused for t in taken if t.refused]
    if refused:
        raise RuntimeError(f"the demo's own orders were refused: {refused}")
    found = {o.number: o for o in Order.objects.for_shop(shop).filter(number__in=[o.number for o in orders])}
    for order in orders:
        if order.invoice:
            record_milestone(
                shop=shop, order=found[order.number], code="invoice_issued", at=now - timedelta(hours=2),
                reference=order.invoice, by=SYSTEM, now=now,
            )  # fmt: skip
    return found


def _announce(spec: DemoShop, order: DemoOrder, parcel: Parcel, number: str, now: datetime) -> None:
    live = parcel.hours_ago is None
    started = now if parcel.hours_ago is None else now - timedelta(hours=parcel.hours_ago)
    answer = requests.post(
        f"{settings.CARRIER_SIMULATOR_URL}/_sim/parcels",
        json={
            "carrier": parcel.carrier,
            "number": number,
            "journey": parcel.journey,
            "started_at": started.astimezone(UTC).isoformat(),
            "speed": QUICK if live else 1.0,
            "origin": parcel.origin or spec.town,
            "destination": order.town,
        },
        timeout=10,
    )
    answer.raise_for_status()


def _order_in(
    spec: DemoShop, order: DemoOrder, numbers: Mapping[tuple[str, int], str], now: datetime, *, history: bool
) -> OrderIn:
    placed = now - timedelta(hours=order.hours_ago if history else 0.05)
    lines = tuple(
        LineIn(
            title=spec.articles[position][0],
            variant=spec.articles[position][1],
            sku=f"{spec.slug[:2].upper()}-{position + 1:02d}",
            quantity=units,
            unit_price=Decimal(spec.articles[position][2]),
        )
        for position, units in order.articles
    )
    word = order.customer.split()[0].lower()
    ascii_word = word.encode("ascii", "ignore").decode() or "cliente"
    return OrderIn(
        number=order.number,
        placed_at=placed,
        channel=order.channel,
        currency=spec.currency,
        total=sum((line.unit_price or Decimal()) * line.quantity for line in lines) or Decimal(),
        customer_name=order.customer,
        customer_email=f"{ascii_word}.{order.number.lower()}@correo.example",
        customer_phone=f"{spec.dialling}{10_000_000 + sum(map(ord, order.number)) * 7919 % 89_999_999}",
        language=order.language or spec.language,
        address_line=order.street,
        city=order.town,
        postal_code=order.postal_code,
        country=order.country or spec.country,
        asserted=order.asserted,
        asserted_at=placed + timedelta(minutes=2) if history else now,
        cancelled_at=now - timedelta(hours=order.hours_ago / 2) if order.cancelled else None,
        cancel_reason=order.cancelled,
        restock_date=(now + timedelta(days=order.restock_in_days)).date() if order.restock_in_days else None,
        promised_date=(
            (now + timedelta(days=order.promised_in_days)).date()
            if order.promised_in_days is not None
            else None
        ),
        lines=lines,
        shipments=tuple(
            ShipmentIn(
                carrier=parcel.carrier if parcel.named else "",
                number=numbers[order.number, position],
                direction=parcel.direction,
                lines={lines[i].sku: lines[i].quantity for i in parcel.lines} if parcel.lines else None,
                handed_over_at=now - timedelta(hours=parcel.hours_ago or 0) if parcel.number else None,
            )
            for position, parcel in enumerate(order.parcels)
        ),
    )
