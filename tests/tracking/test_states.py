"""Where an order stands: its parcels, the shop's word, and the shop's own names for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers.types import Status
from tests.tracking.timeline import EVENTS, S, hours, position, said
from tracking.machine import fold
from tracking.parcels import Parcel
from tracking.position import NEW
from tracking.presets import EGONDOLA5, PRESETS, SHIPPINGBO10, SIMPLE4, shop_state_for
from tracking.states import (
    ASSERTABLE,
    BESIDE,
    STATES,
    Health,
    OrderState,
    Override,
    StateKind,
    Until,
    announces,
    conclude,
    order_view,
    shopper_step,
    with_override,
)
from tracking.substatuses import Party

some = settings(max_examples=250, deadline=None, database=None)

LABEL = position(S.LABEL_CREATED)
MOVING = position(S.PICKED_UP)
VAN = position(S.PICKED_UP, S.ON_VEHICLE)
PICKUP = position(S.PICKED_UP, S.PICKUP_POINT)
FAILED = position(S.PICKED_UP, S.FAILED_NOT_HOME)
LOST = position(S.PICKED_UP, S.EXCEPTION_LOST)
DONE = position(S.PICKED_UP, S.DELIVERED)
HOMEWARD = position(S.PICKED_UP, S.RETURNING)
HOME = position(S.PICKED_UP, S.RETURNING, S.RETURNED)
VOID = position(S.LABEL_CREATED, S.CANCELLED_VOIDED)
EXPIRED = position(S.PICKED_UP, S.EXPIRED_NO_EVENTS)
LINES = {"plate": 2, "jug": 1}
ALL, PLATES, JUG = LINES, {"plate": 2}, {"jug": 1}


def view(*parcels, wanted=LINES, **said_by_shop):
    """Parcels as positions, or as (position, units)."""
    pairs = [p if isinstance(p, tuple) else (p, ALL) for p in parcels]
    return order_view(wanted=wanted, parcels=[Parcel.of(p, units=u) for p, u in pairs], **said_by_shop)


def state(*parcels, **said_by_shop):
    return str(view(*parcels, **said_by_shop).state)


PARCELS = st.lists(
    st.builds(
        Parcel.of,
        st.one_of(
            st.sampled_from(
                [NEW, LABEL, MOVING, VAN, PICKUP, FAILED, LOST, DONE, HOMEWARD, HOME, VOID, EXPIRED]
            ),
            EVENTS.map(fold),
        ),
        units=st.one_of(
            st.none(),
            st.dictionaries(st.sampled_from(["plate", "jug", "unknown"]), st.integers(-1, 3)),
        ),
        outbound=st.sampled_from([True, True, True, False]),
        handed_over=st.booleans(),
        late=st.booleans(),
    ),
    max_size=5,
)
SHOP_SAYS = st.fixed_dictionaries(
    {
        "wanted": st.dictionaries(st.sampled_from(["plate", "jug"]), st.integers(0, 3)),
        "asserted": st.sampled_from(sorted(ASSERTABLE)),
        "cancelled": st.booleans(),
        "expected_parcels": st.integers(0, 4),
        "late": st.booleans(),
    },
)


@some
@given(st.data(), PARCELS, SHOP_SAYS)
def test_an_order_stands_the_same_in_whatever_order_its_parcels_are_listed(data, parcels, says):
    assert order_view(parcels=data.draw(st.permutations(parcels)), **says) == order_view(
        parcels=parcels, **says
    )


@some
@given(PARCELS, SHOP_SAYS)
def test_any_parcels_give_a_state_of_the_catalogue_and_counts_that_add_up(parcels, says):
    seen = order_view(parcels=parcels, **says)
    assert seen.state in STATES
    assert STATES[seen.state].kind in (StateKind.LINEAR, StateKind.DERIVED, StateKind.TERMINAL)
    for counts in (seen.units, seen.parcels):
        parts = (
            counts.waiting,
            counts.moving,
            counts.out_for_delivery,
            counts.ready,
            counts.delivered,
            counts.returning,
            counts.returned,
            counts.lost,
        )
        assert all(part >= 0 for part in parts)
        assert sum(parts) <= counts.total
        assert counts.moved <= counts.total


@some
@given(PARCELS, PARCELS, SHOP_SAYS)
def test_what_comes_back_by_return_label_never_touches_the_order(parcels, others, says):
    back = [Parcel(p.status, p.sub_status, p.moved, p.units, outbound=False) for p in others]
    assert order_view(parcels=parcels + back, **says) == order_view(parcels=parcels, **says)


# --- The order of precedence ---


def test_1_a_cancelled_order_of_which_nothing_moved_is_cancelled():
    assert state(cancelled=True) == "cancelled"
    assert state(LABEL, cancelled=True) == "cancelled"
    assert view(LABEL, cancelled=True).health is Health.ON_TRACK


def test_1_an_order_cancelled_after_dispatch_goes_on_and_asks_for_attention():
    seen = view(MOVING, cancelled=True)
    assert (seen.state, seen.health) == (OrderState.SHIPPED, Health.ATTENTION)
    nothing_wanted = view(MOVING, wanted={"plate": 0, "jug": 0}, cancelled=True)
    assert (nothing_wanted.state, nothing_wanted.health) == (OrderState.SHIPPED, Health.ATTENTION)


@pytest.mark.parametrize("asserted", sorted(ASSERTABLE))
def test_2_before_anything_moved_an_order_is_where_the_shop_says(asserted):
    assert state(asserted=asserted) == asserted
    assert state(LABEL, asserted=asserted) == asserted


def test_2_a_label_is_not_a_shipment_but_a_hand_over_is():
    assert state(LABEL, asserted=OrderState.PREPARING) == "preparing"
    handed = Parcel.of(LABEL, units=ALL, handed_over=True)
    assert order_view(wanted=LINES, parcels=[handed]).state is OrderState.SHIPPED


@pytest.mark.parametrize("claim", sorted(set(OrderState) - ASSERTABLE))
def test_a_shop_cannot_assert_what_only_parcels_can_show(claim):
    with pytest.raises(ValueError, match="cannot be asserted"):
        order_view(wanted=LINES, parcels=[], asserted=claim)


def test_3_all_returned():
    assert state(HOME) == "returned"
    assert state((HOME, PLATES), (HOME, JUG)) == "returned"


def test_4_everything_on_its_way_back():
    assert state(HOMEWARD) == "returning"
    assert state((HOME, PLATES), (HOMEWARD, JUG)) == "returning"
    assert state((HOMEWARD, PLATES), (MOVING, JUG)) == "shipped"
    assert state((HOMEWARD, PLATES)) == "partially_shipped"


def test_5_all_wanted_units_delivered():
    assert state((DONE, PLATES), (DONE, JUG)) == "delivered"
    assert state((DONE, PLATES), wanted={"plate": 2, "jug": 0}) == "delivered"


def test_6_delivered_but_for_what_was_lost_or_came_back():
    assert state((DONE, PLATES), (LOST, JUG)) == "delivered_incomplete"
    assert state((DONE, PLATES), (HOME, JUG)) == "delivered_incomplete"


def test_6_an_order_of_which_nothing_arrived_is_never_called_delivered():
    seen = view(LOST)
    assert (seen.state, seen.health) == (OrderState.SHIPPED, Health.ATTENTION)


def test_7_any_parcel_on_a_van():
    assert state((DONE, PLATES), (VAN, JUG)) == "out_for_delivery"
    assert state((PICKUP, PLATES), (VAN, JUG)) == "out_for_delivery"


def test_8_all_that_remains_waits_at_the_pickup_point():
    assert state((DONE, PLATES), (PICKUP, JUG)) == "ready_for_pickup"
    assert state((PICKUP, PLATES), (MOVING, JUG)) == "shipped"


def test_9_some_delivered():
    assert state((DONE, PLATES), (MOVING, JUG)) == "partially_delivered"
    assert state((DONE, PLATES)) == "partially_delivered"


def test_10_some_moved():
    assert state((MOVING, PLATES)) == "partially_shipped"
    assert state((MOVING, PLATES), (LABEL, JUG)) == "partially_shipped"


def test_11_all_moved():
    assert state((MOVING, PLATES), (MOVING, JUG)) == "shipped"


# --- Counting ---


def test_a_replacement_never_counts_double():
    assert state((LOST, ALL), (DONE, ALL)) == "delivered"
    assert state((DONE, PLATES), (DONE, PLATES)) == "partially_delivered"
    assert view((DONE, PLATES), (DONE, PLATES)).units.delivered == 2


def test_a_replacement_under_way_keeps_the_order_open():
    assert state((DONE, PLATES), (LOST, JUG), (MOVING, JUG)) == "partially_delivered"
    assert state((DONE, PLATES), (LOST, JUG), (LABEL, JUG)) == "partially_delivered"


def test_a_replacement_of_a_returned_parcel_delivers_the_order():
    assert state((HOME, ALL), (DONE, ALL)) == "delivered"


def test_without_order_lines_parcels_are_counted():
    assert state((DONE, None), (MOVING, None), wanted={}) == "partially_delivered"
    assert state((DONE, None), wanted={}) == "delivered"
    assert state((DONE, None), wanted={}, expected_parcels=2) == "partially_delivered"
    assert state((DONE, None), (DONE, None), wanted={}, expected_parcels=1) == "delivered"


def test_a_parcel_of_unknown_contents_makes_parcels_count():
    assert state((DONE, PLATES), (MOVING, None)) == "partially_delivered"
    assert state((DONE, {}), (DONE, PLATES)) == "delivered"
    assert state((DONE, {"not a line of this order": 1})) == "delivered"


def test_a_cancelled_shipment_is_as_if_it_had_never_been():
    assert state((VOID, ALL), asserted=OrderState.PREPARING) == "preparing"
    assert state((VOID, ALL), (DONE, ALL)) == "delivered"
    assert view((VOID, ALL), (DONE, ALL)).parcels.total == 1


def test_the_headline_counts_parcels_whatever_decided_the_state():
    seen = view((DONE, PLATES), (DONE, JUG), (MOVING, JUG))
    assert (seen.parcels.delivered, seen.parcels.total) == (2, 3)
    assert (seen.units.delivered, seen.units.total) == (3, 3)
    assert view(expected_parcels=3).parcels.total == 3


# --- Health ---


@pytest.mark.parametrize(
    "trouble", [FAILED, LOST, HOMEWARD, EXPIRED, position(S.PICKED_UP, S.EXCEPTION_HELD)]
)
def test_one_parcel_in_trouble_asks_for_attention(trouble):
    seen = view((DONE, PLATES), (trouble, JUG))
    assert seen.health is Health.ATTENTION
    assert seen.attention is trouble.sub_status


def test_a_delayed_or_late_parcel_delays_the_order():
    assert view(position(S.PICKED_UP, S.DELAYED_WEATHER)).health is Health.DELAYED
    late = Parcel.of(MOVING, units=ALL, late=True)
    assert order_view(wanted=LINES, parcels=[late]).health is Health.DELAYED
    assert view(late=True).health is Health.DELAYED


def test_what_has_arrived_or_was_cancelled_is_late_no_more():
    assert view(DONE, late=True).health is Health.ON_TRACK
    assert view(cancelled=True, late=True).health is Health.ON_TRACK
    assert view(MOVING).health is Health.ON_TRACK


def test_a_used_void_label_and_a_false_delivery_ask_for_attention():
    used = position(S.LABEL_CREATED, S.CANCELLED_VOIDED, S.PICKED_UP)
    false = fold([said(S.DELIVERED, 1), said(S.ARRIVED_FACILITY, 9), said(S.ON_VEHICLE, 30)])
    for where in (used, false):
        assert view(where).health is Health.ATTENTION
        assert Party.SHOP in view(where).needs


def test_the_gravest_reason_is_named():
    assert view((FAILED, PLATES), (LOST, JUG)).attention is S.EXCEPTION_LOST
    assert view(PICKUP).attention is S.PICKUP_POINT
    assert view(PICKUP).needs == {Party.SHOPPER}
    assert view(MOVING).attention is None


# --- Completed, and states set by hand ---


NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.mark.parametrize(("days", "expected"), [(13, "delivered"), (14, "completed"), (40, "completed")])
def test_an_order_is_completed_fourteen_days_after_delivery(days, expected):
    delivered_at = NOW - timedelta(days=days)
    assert conclude(OrderState.DELIVERED, delivered_at=delivered_at, now=NOW) == expected
    assert conclude(OrderState.DELIVERED, delivered_at=delivered_at, now=NOW, after_days=41) == "delivered"


@pytest.mark.parametrize("open_thing", ["open_ticket", "open_return"])
def test_an_order_with_something_open_is_not_completed(open_thing):
    delivered_at = NOW - timedelta(days=30)
    assert (
        conclude(OrderState.DELIVERED, delivered_at=delivered_at, now=NOW, **{open_thing: True})
        == "delivered"
    )


@pytest.mark.parametrize("other", sorted(set(OrderState) - {OrderState.DELIVERED}))
def test_only_a_delivered_order_is_completed(other):
    assert conclude(other, delivered_at=NOW - timedelta(days=99), now=NOW) is other


def test_a_dispute_opens_a_completed_order_again():
    disputed = fold([said(S.DELIVERED, 1), said(S.EXCEPTION_DISPUTED, 400, source="shopper")])
    seen = view(disputed)
    assert conclude(seen.state, delivered_at=hours(1), now=hours(900)) is not OrderState.COMPLETED
    assert seen.health is Health.ATTENTION


TODAY = NOW.date()


@pytest.mark.parametrize(
    ("override", "last_heard_at", "expected"),
    [
        (Override(OrderState.DELIVERED, Until.FOREVER, NOW), NOW + timedelta(hours=1), "delivered"),
        (Override(OrderState.DELIVERED, Until.NEXT_EVENT, NOW), None, "delivered"),
        (Override(OrderState.DELIVERED, Until.NEXT_EVENT, NOW), NOW - timedelta(hours=1), "delivered"),
        (Override(OrderState.DELIVERED, Until.NEXT_EVENT, NOW), NOW + timedelta(hours=1), "shipped"),
        (Override(OrderState.DELIVERED, Until.DATE, NOW, TODAY), None, "delivered"),
        (Override(OrderState.DELIVERED, Until.DATE, NOW, TODAY - timedelta(days=1)), None, "shipped"),
        (None, None, "shipped"),
    ],
)
def test_a_state_set_by_hand_holds_as_long_as_the_shop_said(override, last_heard_at, expected):
    seen = with_override(view(FAILED), override, today=TODAY, last_heard_at=last_heard_at)
    assert seen.state == expected
    assert seen.health is Health.ATTENTION


def test_an_override_that_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="milestone"):
        Override(OrderState.INVOICE_ISSUED, Until.FOREVER, NOW)
    with pytest.raises(ValueError, match="needs the date"):
        Override(OrderState.SHIPPED, Until.DATE, NOW)


# --- What is told, and how it is shown ---


def test_exactly_five_states_are_told_by_default():
    assert {state for state, facts in STATES.items() if facts.notify} == {
        "cancelled",
        "preparing",
        "shipped",
        "ready_for_pickup",
        "delivered",
    }


def test_parcels_leaving_one_after_the_other_are_told_as_shipped_once():
    steps = [OrderState.PREPARING, OrderState.PARTIALLY_SHIPPED, OrderState.SHIPPED, OrderState.DELIVERED]
    told = [announces(before, after) for before, after in pairwise(steps)]
    assert told == [OrderState.SHIPPED, None, OrderState.DELIVERED]


@pytest.mark.parametrize("back", [OrderState.SHIPPED, OrderState.PARTIALLY_SHIPPED])
def test_a_parcel_back_at_the_depot_is_not_told_as_shipped_again(back):
    assert announces(OrderState.OUT_FOR_DELIVERY, back) is None
    assert announces(OrderState.READY_FOR_PICKUP, back) is None


def test_a_state_that_has_not_changed_is_not_told():
    assert all(announces(same, same) is None for same in OrderState)
    assert announces(OrderState.SHIPPED, OrderState.OUT_FOR_DELIVERY) is OrderState.OUT_FOR_DELIVERY
    assert announces(OrderState.TO_PREPARE, OrderState.CANCELLED) is OrderState.CANCELLED


def test_the_shoppers_steps_run_from_one_to_six():
    line = ["received", "to_prepare", "shipped", "out_for_delivery", "delivered", "completed"]
    assert [shopper_step(OrderState(code)) for code in line] == [1, 2, 3, 4, 5, 6]
    beside = {state for state in OrderState if shopper_step(state) is None}
    assert beside == BESIDE | {OrderState.INVOICE_ISSUED}
    assert shopper_step(OrderState.ROUTED) == 1


def shown(preset, canonical):
    spec = shop_state_for(OrderState(canonical), preset.states)
    return spec.label_es if spec else None


@pytest.mark.parametrize(
    ("canonical", "ten", "five", "four"),
    [
        ("received", "Pendiente de preparación", "Solicitud recibida", "Recibido"),
        ("awaiting_payment", "A la espera del pago", "Solicitud recibida", "Recibido"),
        ("awaiting_stock", "Esperar existencias", "En proceso", "En preparación"),
        ("routed", "Enrutado", "En proceso", "En preparación"),
        ("to_prepare", "Pendiente de preparación", "En proceso", "En preparación"),
        ("preparing", "En preparación", "En proceso", "En preparación"),
        ("partially_shipped", "Enviado", "Enviado", "En camino"),
        ("shipped", "Enviado", "Enviado", "En camino"),
        ("out_for_delivery", "Enviado", "Enviado", "En camino"),
        ("ready_for_pickup", "En un punto de recogida", "Enviado", "En camino"),
        ("partially_delivered", "Enviado", "Enviado", "En camino"),
        ("delivered", "Entregado", "Entregado", "Entregado"),
        ("delivered_incomplete", "Entregado", "Entregado", "Entregado"),
        ("completed", "Entregado", "Concluido", "Entregado"),
        ("returning", None, None, None),
        ("returned", None, None, None),
        ("cancelled", "Cancelado", None, None),
        ("invoice_issued", "Factura generada", None, None),
    ],
)
def test_each_preset_shows_an_orders_state_under_its_own_name(canonical, ten, five, four):
    assert [shown(preset, canonical) for preset in (SHIPPINGBO10, EGONDOLA5, SIMPLE4)] == [ten, five, four]


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_a_preset_is_complete(preset):
    codes = [spec.code for spec in preset.states]
    assert len(codes) == len(set(codes)) == int("".join(filter(str.isdigit, preset.code)))
    canonicals = [canonical for spec in preset.states for canonical in spec.canonicals]
    assert len(canonicals) == len(set(canonicals))
    for spec in preset.states:
        assert spec.label
        assert spec.label_es
        assert spec.icon
        assert len(spec.colour) == 7
        assert spec.kind is not StateKind.TIME
    assert sum(spec.step for spec in preset.states) >= 4


def test_the_invoice_is_a_milestone_and_the_warehouse_is_the_shops_business():
    by_code = {spec.code: spec for spec in SHIPPINGBO10.states}
    assert by_code["invoice_issued"].kind is StateKind.MILESTONE
    assert not by_code["routed"].visible
    assert {code for code, spec in by_code.items() if spec.notify} == {
        "preparing",
        "shipped",
        "ready_for_pickup",
        "delivered",
        "cancelled",
    }


@some
@given(st.sampled_from(OrderState), st.lists(st.sampled_from(SHIPPINGBO10.states), max_size=6))
def test_a_shop_that_dropped_states_shows_the_nearest_or_the_states_own_name(canonical, states):
    spec = shop_state_for(canonical, states)
    direct = [s for s in states if canonical in s.canonicals]
    assert spec is direct[0] if direct else (spec is None or spec in states)
    if spec is not None and STATES[canonical].kind is StateKind.TERMINAL:
        assert canonical in spec.canonicals


def test_statuses_an_order_counts_are_all_of_them():
    for status in Status:
        assert (
            order_view(
                wanted={},
                parcels=[Parcel(status, next(s for s in S if s.status is status), moved=True)],
            ).state
            in STATES
        )
