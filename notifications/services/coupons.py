"""Coupons: kept, their codes brought or made, given away once each, and counted when they are used."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from notifications import coupon_codes
from notifications.coupon_codes import Holds, key_of
from notifications.models import Coupon, CouponCode, CouponGiven, Redemption
from tenants import audit, rows
from tenants.models import Shop
from tenants.services import Actor
from tracking.models import Order
from tracking.services.incoming import Refused
from tracking.services.values import Notes

MOST_COUPONS = 200
MOST_CODES = 200_000  # of one coupon
# One that nobody holds, whoever else is taking one at the same moment.
CLAIM = """
UPDATE notifications_couponcode SET order_id = %(order)s, given_at = %(now)s
WHERE shop_id = %(shop)s AND id = (
  SELECT id FROM notifications_couponcode WHERE shop_id = %(shop)s AND coupon_id = %(coupon)s AND given_at IS NULL
  ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING code
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What a code is: its coupon, and its row where it is one of a pool."""

    coupon: Coupon
    code: str
    one: CouponCode | None


@dataclass(frozen=True, slots=True)
class Added:
    added: int
    known: int  # were there already, here or in another coupon
    bad: tuple[str, ...]


# --- Keeping ---


@transaction.atomic
def save_coupon(*, shop: Shop, coupon_id: int | None, fields: Mapping[str, Any], by: Actor) -> Coupon:
    """Add or change a coupon. Raises Refused."""
    notes = Notes()
    held = Coupon.objects.for_shop(shop)
    coupon = held.select_for_update().get(pk=coupon_id) if coupon_id else Coupon(shop=shop)
    name = notes.text("name", fields.get("name", ""), 80)
    code = notes.text("code", fields.get("code", ""), 40)
    if not name:
        notes.add("name", _("Give it a name: you see it where you choose one."))
    elif held.filter(name=name).exclude(pk=coupon.pk).exists():
        notes.add("name", _("Another coupon is called that."))
    if code and not coupon_codes.is_code(code):
        notes.add("code", _("A code has up to 40 letters, digits, dots or dashes, without blanks."))
    elif code and _is_taken(shop, code, coupon.pk):
        notes.add("code", _("Another coupon has this code."))
    if code and coupon.pk and coupon.codes.exists():
        notes.add("code", _("This coupon has codes of its own for each customer."))
    starts_at, ends_at = fields.get("starts_at"), fields.get("ends_at")
    if starts_at and ends_at and ends_at <= starts_at:
        notes.add("ends_at", _("It ends before it begins."))
    if coupon.pk is None and held.count() >= MOST_COUPONS:
        notes.add("name", _("No more than %(most)d, please.") % {"most": MOST_COUPONS})
    notes.settle()
    coupon.name, coupon.code = name, code
    coupon.worth = str(fields.get("worth", ""))[:80]
    coupon.starts_at, coupon.ends_at, coupon.most = starts_at, ends_at, fields.get("most")
    coupon.enabled = bool(fields.get("enabled", True))
    coupon.save()
    _audit(shop, by, "coupon.saved", coupon)
    return coupon


def _is_taken(shop: Shop, code: str, coupon_id: int | None) -> bool:
    key = key_of(code)
    shared = (
        Coupon.objects.for_shop(shop).exclude(pk=coupon_id).exclude(code="").values_list("code", flat=True)
    )
    return (
        key in {key_of(one) for one in shared}
        or CouponCode.objects.for_shop(shop).filter(code_key=key).exists()
    )


@transaction.atomic
def add_codes(*, shop: Shop, coupon: Coupon, codes: Iterable[str], by: Actor) -> Added:
    """Put codes into a coupon's pool; those that are in one already are left out. Safe to repeat. Raises Refused."""
    if coupon.code:
        raise Refused.because("codes", _("This coupon has one code for everybody."))
    good, bad = coupon_codes.apart(codes)
    if CouponCode.objects.for_shop(shop).filter(coupon=coupon).count() + len(good) > MOST_CODES:
        raise Refused.because("codes", _("No more than %(most)d codes in a coupon.") % {"most": MOST_CODES})
    shared = Coupon.objects.for_shop(shop).exclude(code="").values_list("code", flat=True)
    fresh = {key: code for key, code in good.items() if key not in {key_of(one) for one in shared}}
    made = rows.insert(
        CouponCode,
        ("shop", "coupon", "code", "code_key"),
        [(shop.pk, coupon.pk, code, key) for key, code in fresh.items()],
        once=True,
        returning=("id",),
    )
    if made:
        _audit(shop, by, "coupon.codes", coupon, {"added": len(made)})
    return Added(len(made), len(good) - len(made), tuple(bad[:5]))


def make_codes(*, shop: Shop, coupon: Coupon, shape: str, count: int, by: Actor) -> Added:
    """Put `count` codes of our making into the pool: HELLO-????-????. Raises Refused."""
    notes = Notes()
    if not coupon_codes.is_shape(shape):
        said = {"least": coupon_codes.LEAST_PLACES}
        notes.add("shape", _("Write at least %(least)d question marks, as in HELLO-????-????.") % said)
    notes.whole("count", count, 1, coupon_codes.MOST_MADE)
    notes.settle()
    return add_codes(shop=shop, coupon=coupon, codes=coupon_codes.made(shape, count), by=by)


def _audit(shop: Shop, by: Actor, action: str, coupon: Coupon, more: Mapping[str, Any] | None = None) -> None:
    after = {"name": coupon.name, "enabled": coupon.enabled, **(more or {})}
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action=action,
        subject=f"coupon:{coupon.pk}", after=after,
    )  # fmt: skip


# --- Giving ---


def give(*, coupon: Coupon, order_id: int, message_id: Any, now: datetime) -> str | None:
    """The code for the shopper of this order: always the same one, however often it is asked for; None where the
    pool is empty. Runs in the shop's context, in the transaction that sends the message."""
    shop_id = coupon.shop_id
    code = coupon.code or _own_code(coupon, order_id, now)
    if code:
        given = [(shop_id, coupon.pk, order_id, message_id, now)]
        rows.insert(CouponGiven, ("shop", "coupon", "order", "message", "at"), given, once=True)
    return code


def _own_code(coupon: Coupon, order_id: int, now: datetime) -> str | None:
    own = CouponCode.objects.for_shop(coupon.shop_id).filter(coupon=coupon, order_id=order_id)
    held: str | None = own.values_list("code", flat=True).first()
    if held:
        return held
    said: dict[str, Any] = {"shop": coupon.shop_id, "coupon": coupon.pk, "order": order_id, "now": now}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(CLAIM, said)
            found = cursor.fetchone()
            return found[0] if found else None
    except IntegrityError:  # another message to the same shopper took one meanwhile: that one is theirs
        return own.values_list("code", flat=True).first()


def sample(coupon: Coupon) -> str | None:
    """What a preview shows. None where nothing could be given."""
    if coupon.code:
        return str(coupon.code)
    free = CouponCode.objects.for_shop(coupon.shop_id).filter(coupon=coupon, given_at=None)
    code = free.order_by("id").values_list("code", flat=True).first()
    return coupon_codes.sample_of(code) if code else None


# --- Using ---


def find(shop: Shop | int, code: str) -> Found | None:
    """The coupon a code is of. Two queries."""
    key = key_of(code)[:40]
    one = CouponCode.objects.for_shop(shop).filter(code_key=key).select_related("coupon").first()
    if one:
        return Found(one.coupon, one.code, one)
    shared = Coupon.objects.for_shop(shop).exclude(code="")
    coupon = next((c for c in shared if key_of(c.code) == key), None)
    return Found(coupon, coupon.code, None) if coupon else None


def is_used_up(coupon: Coupon) -> bool:
    if not coupon.most:
        return coupon.most == 0
    used = Redemption.objects.for_shop(coupon.shop_id).filter(coupon=coupon).order_by()
    return bool(used.values("pk")[coupon.most - 1 : coupon.most].exists())


def standing(coupon: Coupon, now: datetime) -> Holds:
    """Whether the coupon may be given and used now."""
    return coupon_codes.holds(
        enabled=coupon.enabled, starts_at=coupon.starts_at, ends_at=coupon.ends_at,
        is_used_up=is_used_up(coupon), now=now,
    )  # fmt: skip


def standing_of_code(found: Found, now: datetime) -> Holds:
    whole = standing(found.coupon, now)
    used = Redemption.objects.for_shop(found.coupon.shop_id).filter(coupon=found.coupon)
    is_used = found.one is not None and used.filter(code=found.code).exists()
    return Holds.USED if whole is Holds.VALID and is_used else whole


@transaction.atomic
def redeem(
    *, shop: Shop, code: str, order_number: str, amount: Decimal | None, currency: str, at: datetime
) -> tuple[Redemption, bool]:
    """Count a coupon as used on an order; say whether that is new. Once an order and coupon, however often it is
    told. What the shop's checkout took is counted, whether or not it should have. Raises Refused."""
    found = find(shop, code)
    if found is None:
        raise Refused.because("code", _("None of your coupons has this code."))
    number = order_number.removeprefix("#").strip()
    orders = list(Order.objects.for_shop(shop).filter(number=number).order_by("-placed_at")[:2])
    # Several channels may have an order of this number: then which one is left open.
    order = orders[0] if len(orders) == 1 else None
    made = rows.insert(
        Redemption,
        ("shop", "coupon", "code", "order_number", "order", "amount", "currency", "at"),
        [(shop.pk, found.coupon.pk, found.code, number, order.pk if order else None, amount, currency, at)],
        once=True,
        returning=("id",),
    )
    kept = Redemption.objects.for_shop(shop).get(coupon=found.coupon, order_number=number)
    return kept, bool(made)


# --- Figures ---


@dataclass(frozen=True, slots=True)
class Figures:
    """`codes`: of the pool; `free`: of those, given to nobody. `revenue`: by currency, of the orders it was used on."""

    codes: int = 0
    free: int = 0
    given: int = 0
    redeemed: int = 0
    revenue: tuple[tuple[str, Decimal], ...] = ()

    @property
    def rate(self) -> float | None:
        """Used, of those given; None where none was given, or more were used than we gave."""
        return self.redeemed / self.given if self.given and self.redeemed <= self.given else None


FIGURES = """
SELECT c.id,
  (SELECT count(*) FROM notifications_couponcode k WHERE k.shop_id = c.shop_id AND k.coupon_id = c.id),
  (SELECT count(*) FROM notifications_couponcode k
    WHERE k.shop_id = c.shop_id AND k.coupon_id = c.id AND k.given_at IS NULL),
  (SELECT count(*) FROM notifications_coupongiven g WHERE g.shop_id = c.shop_id AND g.coupon_id = c.id),
  (SELECT count(*) FROM notifications_redemption r WHERE r.shop_id = c.shop_id AND r.coupon_id = c.id)
FROM notifications_coupon c WHERE c.shop_id = %s AND c.id = ANY (%s)
"""
REVENUE = """
SELECT coupon_id, currency, sum(amount) FROM notifications_redemption
WHERE shop_id = %s AND coupon_id = ANY (%s) AND amount IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 3 DESC
"""


def figures(shop: Shop, coupon_ids: Collection[int]) -> dict[int, Figures]:
    """What became of these coupons. Two statements."""
    ids = list(coupon_ids)
    revenue: dict[int, list[tuple[str, Decimal]]] = {}
    for coupon_id, currency, amount in rows.fetch(REVENUE, [shop.pk, ids]):
        revenue.setdefault(coupon_id, []).append((currency, amount))
    return {
        coupon_id: Figures(codes, free, given, redeemed, tuple(revenue.get(coupon_id, ())))
        for coupon_id, codes, free, given, redeemed in rows.fetch(FIGURES, [shop.pk, ids])
    }
