"""What a shop does to an order: each said once, told in the audit, and never more than the parcels allow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.models import AuditEntry, KeyHash, Shop
from tenants.services import Actor
from tenants.vault import digest
from tests import make
from tracking.models import Milestone, Order, ShopState, Transition
from tracking.services.events import record_events
from tracking.services.incoming import Refused
from tracking.services.orders import (
    assert_state,
    cancel,
    clear_override,
    override,
    record_milestone,
    refold_orders,
    reopen,
    revoke_page,
)

AGENT = Actor("user:7", "agent", "10.0.0.1")
PROGRAM = Actor("key:rastro_live_ab12cd34")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PICKED, VAN, DONE = SubStatus.PICKED_UP, SubStatus.ON_VEHICLE, SubStatus.DELIVERED


@pytest.fixture
def shop(db) -> Iterator[Shop]:
    shop = make.shop()
    with shop_context(shop.pk):
        yield shop


def said_at(minutes: int) -> datetime:
    return make.NOW + timedelta(minutes=minutes)


def steps(order: Order) -> list[tuple[str, str, int, str]]:
    rows = Transition.objects.filter(order=order, kind="order").order_by("pk")
    return list(rows.values_list("before", "after", "episode", "quiet"))


def audited() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def scan(shipment, sub: SubStatus, at: datetime, now: datetime | None = None) -> None:
    record_events(
        shop_id=shipment.shop_id, shipment_id=shipment.pk, events=[make.event(sub, at)], now=now or at
    )


def tell(do, shop: Shop, order: Order, *, by: Actor = AGENT, now: datetime = make.NOW, **more) -> Order:
    return do(shop=shop, order=order, by=by, now=now, **more)


# --- Asserting ---


def test_the_shop_puts_an_order_where_it_is(shop):
    order = make.order(shop)

    order = tell(assert_state, shop, order, state="preparing")
    again = tell(assert_state, shop, order, state="preparing", now=said_at(5))

    assert (order.state, order.state_since, order.version) == ("preparing", make.NOW, 2)
    assert again.version == 2
    assert steps(order) == [("received", "preparing", 1, "")]
    assert audited() == ["order.asserted"]


def test_a_word_older_than_the_last_changes_nothing(shop):
    order = tell(assert_state, shop, make.order(shop), state="preparing")

    order = tell(assert_state, shop, order, state="awaiting_stock", occurred_at=said_at(-5))

    assert order.state == "preparing"


def test_a_shop_may_go_back(shop):
    order = tell(assert_state, shop, make.order(shop), state="preparing")

    assert tell(assert_state, shop, order, state="awaiting_stock", now=said_at(5)).state == "awaiting_stock"


def test_an_order_without_a_parcel_may_be_said_to_be_shipped(shop):
    assert tell(assert_state, shop, make.order(shop), state="shipped").state == "shipped"


@pytest.mark.parametrize("state", ["delivered", "cancelled", "invoice_issued", "nonsense", ""])
def test_what_only_parcels_can_say_is_refused(shop, state):
    with pytest.raises(Refused) as refused:
        tell(assert_state, shop, make.order(shop), state=state)

    assert list(refused.value.fields) == ["state"]


def test_once_a_parcel_moves_its_carrier_counts_for_more(shop):
    order = make.order(shop)
    scan(make.shipment(order), PICKED, make.NOW)

    order = tell(assert_state, shop, order, state="preparing", now=said_at(5))

    assert (order.state, order.asserted) == ("shipped", "preparing")


def test_what_programs_do_is_told_by_the_transition_not_by_the_audit(shop):
    order = tell(assert_state, shop, make.order(shop), state="preparing", by=PROGRAM)

    assert audited() == []
    assert Transition.objects.get(order=order).cause == PROGRAM.name


# --- Cancelling ---


def test_a_cancelled_order_is_told_once_and_can_be_taken_up_again(shop):
    order = make.order(shop)

    for minutes in (0, 5):
        order = tell(cancel, shop, order, reason="shopper", now=said_at(minutes))
    assert (order.state, order.cancel_reason, order.cancelled_at) == ("cancelled", "shopper", make.NOW)
    for minutes in (10, 15):
        order = tell(reopen, shop, order, now=said_at(minutes))

    assert (order.state, order.cancel_reason, order.cancelled_at) == ("received", "", None)
    assert steps(order) == [("received", "cancelled", 1, ""), ("cancelled", "received", 2, "")]
    assert Transition.objects.get(after="received").occurred_at == said_at(10)
    assert audited() == ["order.cancelled", "order.reopened"]


def test_cancelling_needs_a_reason_we_know(shop):
    with pytest.raises(Refused) as refused:
        tell(cancel, shop, make.order(shop), reason="bored")

    assert refused.value.fields == {"reason": ["The reason must be one of these: shop, shopper, payment."]}


def test_a_parcel_that_has_left_goes_on_and_asks_for_attention(shop):
    order = make.order(shop)
    scan(make.shipment(order), PICKED, make.NOW)

    order = tell(cancel, shop, order, reason="shop", now=said_at(5))

    assert (order.state, order.health) == ("shipped", "attention")


# --- Overriding ---


def test_an_override_holds_until_a_carrier_says_something_new(shop):
    order = make.order(shop)
    shipment = make.shipment(order)
    scan(shipment, PICKED, said_at(-60))

    order = tell(
        override, shop, order, state="delivered", until="next_event", reason="Lo dice Ana", now=said_at(5)
    )
    assert (order.state, order.state_since, order.override_by) == ("delivered", said_at(5), "user:7")
    scan(shipment, PICKED, said_at(-60), now=said_at(10))  # nothing new
    order.refresh_from_db()
    assert order.state == "delivered"

    scan(shipment, VAN, said_at(-1), now=said_at(15))
    order.refresh_from_db()
    assert (order.state, order.override_state, order.override_reason) == ("out_for_delivery", "", "")
    assert audited() == ["order.overridden"]


def test_an_override_for_ever_outlasts_what_carriers_say(shop):
    order = make.order(shop)
    tell(override, shop, order, state="returned", until="forever")

    scan(make.shipment(order), DONE, said_at(5))

    order.refresh_from_db()
    assert (order.state, order.counts["delivered"]) == ("returned", 1)
    order = tell(clear_override, shop, order, now=said_at(10))
    assert (order.state, order.override_state) == ("delivered", "")
    assert steps(order)[-1] == ("returned", "delivered", 2, "")
    assert Transition.objects.get(order=order, kind="order", after="delivered").occurred_at == said_at(10)


def test_an_override_to_a_day_ends_with_that_day_in_the_shops_zone(shop):
    order = tell(
        override, shop, make.order(shop), state="awaiting_stock", until="date", date=date(2026, 11, 21)
    )

    late = datetime.fromisoformat("2026-11-21T23:59:00+01:00")
    assert refold_orders(shop_id=shop.pk, order_ids=[order.pk], now=late, cause="time") == []
    said = refold_orders(shop_id=shop.pk, order_ids=[order.pk], now=late + timedelta(minutes=2), cause="time")

    assert [(t.before, t.after, t.cause) for t in said] == [("awaiting_stock", "received", "time")]
    order.refresh_from_db()
    assert (order.state, order.override_state, order.override_date) == ("received", "", None)


def test_the_same_override_twice_is_one(shop):
    order = make.order(shop)
    for minutes in (0, 5):
        order = tell(override, shop, order, state="delivered", until="forever", now=said_at(minutes))

    assert (order.override_at, order.version, audited()) == (make.NOW, 2, ["order.overridden"])


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"state": "nonsense", "until": "forever"}, ["state"]),
        ({"state": "invoice_issued", "until": "forever"}, ["state"]),
        ({"state": "delivered", "until": "soon"}, ["until"]),
        ({"state": "delivered", "until": ""}, ["until"]),
        ({"state": "delivered", "until": "date"}, ["date"]),
        ({"state": "delivered", "until": "date", "date": date(2026, 11, 20)}, ["date"]),
        ({"state": "delivered", "until": "date", "date": date(9999, 12, 31)}, ["date"]),
        ({"state": "delivered", "until": "forever", "reason": "x" * 201}, ["reason"]),
    ],
)
def test_an_override_that_makes_no_sense_is_refused(shop, said, fields):
    order = make.order(shop)
    with pytest.raises(Refused) as refused:
        tell(override, shop, order, **said)

    assert list(refused.value.fields) == fields
    order.refresh_from_db()
    assert order.override_state == ""


# --- Time ---


def test_a_delivered_order_is_completed_after_a_fortnight(shop):
    order = make.order(shop)
    scan(make.shipment(order), DONE, make.NOW)
    later = make.NOW + 14 * DAY

    before = refold_orders(shop_id=shop.pk, order_ids=[order.pk], now=later - HOUR, cause="time")
    after = refold_orders(shop_id=shop.pk, order_ids=[order.pk], now=later + HOUR, cause="time")
    again = refold_orders(shop_id=shop.pk, order_ids=[order.pk], now=later + DAY, cause="time")

    assert (before, again) == ([], [])
    assert [(t.after, t.occurred_at, t.quiet) for t in after] == [("completed", later, "")]


def test_a_promise_that_passes_makes_an_order_late(shop):
    order = make.order(shop, promised_date=date(2026, 11, 22))

    refold_orders(shop_id=shop.pk, order_ids=[order.pk], now=make.NOW + 3 * DAY, cause="time")

    order.refresh_from_db()
    assert (order.health, order.eta_last) == ("delayed", None)


# --- Milestones ---


def milestone(shop: Shop, order: Order, **said) -> Milestone:
    given = {"code": "invoice_issued", "at": make.NOW, "reference": "F-1", **said}
    return record_milestone(shop=shop, order=order, by=AGENT, now=said_at(5), **given)


def test_a_milestone_is_told_once_and_replaces_no_state(shop):
    order = make.order(shop)

    first = milestone(shop, order, url="https://shop.example/f1.pdf")
    again = milestone(shop, order, url="https://shop.example/f1.pdf")
    corrected = milestone(shop, order, url="https://shop.example/f1b.pdf")
    milestone(shop, order, reference="F-2")

    assert first == again == corrected
    assert list(Milestone.objects.order_by("pk").values_list("reference", "url")) == [
        ("F-1", "https://shop.example/f1b.pdf"), ("F-2", ""),
    ]  # fmt: skip
    told = Transition.objects.filter(kind="milestone").order_by("pk").values_list("after", "episode", "quiet")
    assert list(told) == [("invoice_issued", 0, ""), ("invoice_issued", 1, "")]
    order.refresh_from_db()
    assert (order.state, order.version) == ("received", 4)


def test_an_old_invoice_is_told_to_nobody(shop):
    milestone(shop, make.order(shop), at=make.NOW - 3 * DAY)

    assert list(Transition.objects.values_list("quiet", flat=True)) == ["imported"]


def test_a_milestone_of_the_shops_own_is_one(shop):
    ShopState.objects.create(shop=shop, code="engraved", canonicals=[], kind="milestone")

    assert milestone(shop, make.order(shop), code="engraved").code == "engraved"


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"code": "delivered"}, ["code"]),
        ({"code": "x" * 100}, ["code"]),
        ({"reference": "x" * 81}, ["reference"]),
        ({"url": "javascript:alert(1)"}, ["url"]),
        ({"url": "https://x/" + "x" * 500}, ["url"]),
        ({"at": datetime(2026, 11, 21)}, ["at"]),  # noqa: DTZ001  that is the point
    ],
)
def test_a_milestone_that_is_none_is_refused(shop, said, fields):
    with pytest.raises(Refused) as refused:
        milestone(shop, make.order(shop), **said)

    assert list(refused.value.fields)[:1] == fields
    assert not Milestone.objects.exists()


# --- The page's key ---


def test_a_revoked_address_leads_nowhere_and_the_new_one_is_known(shop):
    order = make.order(shop)
    old = order.token_hash

    order = revoke_page(shop=shop, order=order, by=AGENT)

    assert order.token_hash == digest(make.token_of(order)) != old
    assert set(KeyHash.objects.values_list("hash", flat=True)) == {order.token_hash}
    assert audited() == ["order.page_revoked"]


def test_another_shops_order_is_not_there(db):
    ours, theirs = make.shop(), make.shop()
    with shop_context(theirs.pk):
        order = make.order(theirs)
    for do, more in ((assert_state, {"state": "preparing"}), (cancel, {"reason": "shop"}), (reopen, {})):
        with pytest.raises(Order.DoesNotExist):
            tell(do, ours, order, **more)
    assert refold_orders(shop_id=ours.pk, order_ids=[order.pk], now=make.NOW, cause="time") == []
