"""What a shop lets shoppers change: its options, and the places parcels can be sent to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from tenants import audit
from tenants.models import Shop
from tenants.rows import insertion
from tenants.services import Actor, touch_brand
from tracking import pages
from tracking.changing import Terms
from tracking.models import DeliveryOption, DeliverySlot, PickupPlace
from tracking.models.changes import CHANGE_KINDS, CHANGE_WAYS
from tracking.services.incoming import Refused

MOST_OPTIONS, MOST_PLACES = 40, 1000  # places in one call
FIELDS = (
    "kind", "enabled", "way", "carriers", "services", "countries", "postal_codes", "stages", "needs_approval",
    "cutoff_time", "cutoff_days", "price", "most_an_order", "depot_email", "settings", "position",
)  # fmt: skip
PLACE_SIZES = {
    "carrier": 32, "code": 40, "name": 120, "address": 200, "postal_code": 16, "city": 120, "country": 2, "hours": 200,
}  # fmt: skip
_NEEDED = ("carrier", "code", "name", "address", "postal_code", "city", "country")


class PlacesTaken(NamedTuple):
    created: int
    updated: int


def save_option(*, shop: Shop, option_id: int | None, fields: Mapping[str, Any], by: Actor) -> DeliveryOption:
    """Add an option, or change one; raises Refused by field. In the shop's context.

    Slots already wanted keep their places: of a smaller number as many as are taken remain. Safe to repeat.
    """
    said = {name: value for name, value in fields.items() if name in FIELDS}
    _check(said)
    options = DeliveryOption.objects.for_shop(shop)
    option = options.select_for_update().filter(pk=option_id).first() if option_id else None
    if option_id and option is None:
        raise Refused({"": [_("This option is no longer there.")]})
    if option is None:
        if options.count() >= MOST_OPTIONS:
            raise Refused({"": [_("No more than %(most)d options, please.") % {"most": MOST_OPTIONS}]})
        option = DeliveryOption(shop=shop, position=options.count())
    for name, value in said.items():
        setattr(option, name, value)
    option.save()
    _resize(shop, option)
    _note(shop, by, "delivery_option.saved", option)
    _all_pages_change(shop)
    return option


def _check(said: Mapping[str, Any]) -> None:
    wrong: dict[str, list[str]] = {}
    if said.get("kind") not in CHANGE_KINDS or said.get("way") not in CHANGE_WAYS:
        raise Refused({"kind": [_("Choose one of those listed.")]})
    if said["way"] == "mail" and not said.get("depot_email"):
        wrong["depot_email"] = [_("Say where the depot gets its mail.")]
    terms = Terms.of(said.get("settings") or {})
    if said["kind"] == "slot" and not terms.windows:
        wrong["windows"] = [_("Give at least one time, like 10:00-12:00.")]
    if said["kind"] == "slot" and not terms.capacity:
        wrong["capacity"] = [_("Say how many parcels each time has room for.")]
    if wrong:
        raise Refused(wrong)


def _resize(shop: Shop, option: DeliveryOption) -> None:
    capacity = Terms.of(option.settings).capacity
    slots = DeliverySlot.objects.for_shop(shop).filter(option=option)
    slots.exclude(capacity=capacity).update(capacity=Greatest(F("taken"), Value(capacity)))


def remove_option(*, shop: Shop, option_id: int, by: Actor) -> None:
    """Offer it no more. What was asked for goes on, without its hours being counted. Safe to repeat."""
    option = DeliveryOption.objects.for_shop(shop).filter(pk=option_id).first()
    if option:
        _note(shop, by, "delivery_option.removed", option)
        option.delete()
        _all_pages_change(shop)


def _all_pages_change(shop: Shop) -> None:
    """Pages of what is under way offer something else: rendered anew when next they are read."""
    touch_brand(shop=shop)
    transaction.on_commit(lambda: pages.forget_look(shop.pk), robust=True)


def _note(shop: Shop, by: Actor, action: str, option: DeliveryOption) -> None:
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action=action, subject=f"option:{option.pk}",
        after={"kind": option.kind, "way": option.way, "enabled": option.enabled},
    )  # fmt: skip


def put_places(*, shop: Shop, places: Iterable[Mapping[str, Any]]) -> PlacesTaken:
    """Add pickup places, or bring them up to date, by carrier and code; raises Refused by "places.<n>.<field>".

    One statement, however many. Safe to repeat.
    """
    read = [_place(one, n) for n, one in enumerate(places)]
    wrong = {name: said for _row, faults in read for name, said in faults.items()}
    if len(read) > MOST_PLACES:
        wrong["places"] = [_("No more than %(most)d places at once.") % {"most": MOST_PLACES}]
    if wrong:
        raise Refused(wrong)
    by_key = {(row["carrier"], row["code"]): row for row, _faults in read}
    names = ["shop_id", *PLACE_SIZES, "kind", "latitude", "longitude"]
    made = insertion(PickupPlace, names, [[shop.pk, *(row[n] for n in names[1:])] for row in by_key.values()])
    if made is None:
        return PlacesTaken(0, 0)
    sql, values = made
    sets = ", ".join(f"{n} = excluded.{n}" for n in names[1:] if n not in ("carrier", "code"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"{sql} ON CONFLICT (shop_id, carrier, code) DO UPDATE SET {sets} RETURNING xmax = 0", values
        )
        fresh = sum(bool(row[0]) for row in cursor.fetchall())
    return PlacesTaken(fresh, len(by_key) - fresh)


def _place(said: Mapping[str, Any], n: int) -> tuple[dict[str, Any], dict[str, list[str]]]:
    wrong: dict[str, list[str]] = {}
    row: dict[str, Any] = {
        name: " ".join(str(said.get(name) or "").replace("\x00", "").split()) for name in PLACE_SIZES
    }
    row["country"] = row["country"].upper()
    for name in _NEEDED:
        if not row[name]:
            wrong[f"places.{n}.{name}"] = [_("This is needed.")]
    for name, most in PLACE_SIZES.items():
        if len(row[name]) > most:
            wrong[f"places.{n}.{name}"] = [_("No longer than %(most)d characters.") % {"most": most}]
    row["kind"] = str(said.get("kind") or "point")
    if row["kind"] not in ("point", "locker"):
        wrong[f"places.{n}.kind"] = [_("This must be point or locker.")]
    for name, most in (("latitude", 90), ("longitude", 180)):
        try:
            value = said.get(name)
            row[name] = float(str(value).replace(",", ".")) if value not in (None, "") else None
        except ValueError:
            row[name] = None
            wrong[f"places.{n}.{name}"] = [_("This must be a number of degrees.")]
        if row[name] is not None and not abs(row[name]) <= most:
            wrong[f"places.{n}.{name}"] = [_("This must be a number of degrees.")]
    return row, wrong


def remove_places(*, shop: Shop, carrier: str) -> int:
    """Forget a carrier's places. Requests keep what they were told of theirs."""
    removed: int = PickupPlace.objects.for_shop(shop).filter(carrier=carrier).delete()[0]
    return removed
