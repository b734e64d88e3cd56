"""What the fold promises: every rule of a shipment's journey, in any order of arrival."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers.types import Event, Status, SubStatus
from tests.tracking.timeline import EVENTS, START, S, hours, position, said, statuses, story, why
from tracking.machine import fold
from tracking.position import NEW, Flag, Kind, Stored, attention, event_key
from tracking.substatuses import Party

some = settings(max_examples=250, deadline=None, database=None)


# --- The set of events is all that counts ---


@some
@given(st.data(), EVENTS)
def test_events_in_any_order_and_any_number_of_times_give_the_same_position(data, events):
    expected = fold(events)
    again = data.draw(st.lists(st.sampled_from(events), max_size=4)) if events else []
    assert fold(data.draw(st.permutations(events + again))) == expected


@some
@given(EVENTS)
def test_events_taken_in_one_by_one_end_where_taken_in_at_once_do(events):
    at_hand: list[Stored] = []
    last = NEW
    for event in events:
        at_hand.append(event)
        last = fold(at_hand)
    assert last == fold(reversed(events))


@some
@given(EVENTS)
def test_any_events_give_a_position_that_makes_sense(events):
    where = fold(events)
    keys = {event.key for event in events}
    assert where.sub_status.status is where.status
    assert {line.key for line in where.decisions} == keys
    assert len(where.decisions) == len(keys)
    assert where.delayed == (where.delay is not None)
    assert where.ever_moved == (where.moved_at is not None)
    assert attention(where) <= set(Party)
    if where.status is Status.DELIVERED:
        assert where.delivered_at is not None


@some
@given(EVENTS)
def test_every_word_shown_can_be_explained(events):
    where = fold(events)
    moved = [line for line in where.decisions if line.kind is Kind.MOVED]
    assert [(e.key, e.before, e.after, e.why) for e in where.path] == [
        (line.key, line.before, line.after, line.why) for line in moved
    ]
    for line in where.decisions:
        if line.kind is not Kind.MOVED:
            assert line.before is line.after
    for earlier, later in pairwise(where.decisions):
        assert earlier.after is later.before


def test_a_shipment_nobody_has_heard_of_is_pending():
    assert fold([]) == NEW
    assert (NEW.status, NEW.since, NEW.path) == (Status.PENDING, None, ())


# --- Rows of the transition table ---


@pytest.mark.parametrize(
    "sub",
    [
        S.LABEL_CREATED,
        S.PICKED_UP,
        S.ON_VEHICLE,
        S.PICKUP_LOCKER,
        S.DELIVERED,
        S.EXCEPTION_DAMAGED,
        S.RETURNING,
    ],
)
def test_the_first_sight_of_a_parcel_may_come_late(sub):
    assert statuses(position(sub)) == [sub.status]


def test_a_parcel_goes_from_label_to_door():
    where = position(S.LABEL_CREATED, S.PICKED_UP, S.ARRIVED_FACILITY, S.ON_VEHICLE, S.DELIVERED_SIGNED)
    assert statuses(where) == ["info_received", "in_transit", "out_for_delivery", "delivered"]
    assert where.sub_status is S.DELIVERED_SIGNED
    assert where.delivered_at == where.since == hours(41)
    assert where.moved_at == hours(11)


def test_a_label_alone_is_no_movement():
    where = position(S.LABEL_CREATED, S.PICKUP_SCHEDULED)
    assert not where.ever_moved
    assert where.sub_status is S.PICKUP_SCHEDULED


def test_a_problem_known_from_the_data_alone_is_no_movement():
    assert not position(S.LABEL_CREATED, S.EXCEPTION_ADDRESS).ever_moved
    assert position(S.LABEL_CREATED, S.EXCEPTION_DAMAGED).ever_moved


def test_a_parcel_back_at_the_depot_without_a_reason_says_so_until_it_moves_again():
    back = position(S.PICKED_UP, S.ON_VEHICLE, S.ARRIVED_FACILITY)
    assert back.status is Status.IN_TRANSIT
    assert back.flags == {Flag.RETURNED_TO_DEPOT}
    assert back.path[-1].why == "returned_to_depot"
    assert not attention(back)
    on = position(S.PICKED_UP, S.ON_VEHICLE, S.ARRIVED_FACILITY, S.ON_VEHICLE)
    assert on.flags == frozenset()


def test_a_parcel_back_at_the_depot_with_a_reason_is_no_regression():
    where = fold([*story(S.PICKED_UP, S.ON_VEHICLE), said(S.ARRIVED_FACILITY, 30, reason="address")])
    assert where.flags == frozenset()
    assert where.path[-1].why == "moved_on"


def test_failed_attempts_are_counted_until_the_parcel_is_delivered():
    where = position(
        S.PICKED_UP,
        S.ON_VEHICLE,
        S.FAILED_NOT_HOME,
        S.ON_VEHICLE,
        S.FAILED_NOT_HOME,
        S.ON_VEHICLE,
        S.DELIVERED,
        every=5,
    )
    assert statuses(where) == [
        "in_transit",
        "out_for_delivery",
        "failed_attempt",
        "out_for_delivery",
        "failed_attempt",
        "out_for_delivery",
        "delivered",
    ]
    assert where.attempts == 2


def test_two_notes_on_one_failed_attempt_are_one_attempt():
    where = fold([said(S.FAILED_NOT_HOME, 5), said(S.FAILED_NOT_HOME, 5.1)])
    assert where.attempts == 1
    assert fold([said(S.FAILED_NOT_HOME, 5), said(S.FAILED_NOT_HOME, 29)]).attempts == 2


def test_each_day_on_the_van_is_a_new_episode():
    where = fold([said(S.ON_VEHICLE, 2), said(S.RECIPIENT_CONTACTED, 5), said(S.ON_VEHICLE, 26)])
    assert statuses(where) == ["out_for_delivery", "out_for_delivery"]
    assert where.episode == 2
    assert where.since == hours(26)
    assert [entry.again for entry in where.path] == [False, False]


def test_back_on_the_van_the_same_day_is_marked_as_no_news():
    where = fold([said(S.ON_VEHICLE, 2), said(S.ARRIVED_FACILITY, 3), said(S.ON_VEHICLE, 4)])
    assert [entry.again for entry in where.path] == [False, False, True]


def test_the_day_on_the_van_begins_at_midnight_of_the_place():
    # 22:30 and 23:30 UTC in November: one day in Lisbon, two in Madrid.
    scans = [said(S.ON_VEHICLE, 16.5), said(S.ON_VEHICLE, 17.5)]
    assert fold(scans, zone=ZoneInfo("Europe/Lisbon")).episode == 1
    assert fold(scans, zone=ZoneInfo("Europe/Madrid")).episode == 2


def test_a_failed_attempt_leads_to_the_pickup_point_and_collection():
    where = position(S.ON_VEHICLE, S.FAILED_NOT_HOME, S.PICKUP_POINT, S.DELIVERED_COLLECTED)
    assert statuses(where)[2:] == ["available_for_pickup", "delivered"]
    assert where.sub_status is S.DELIVERED_COLLECTED
    assert attention(position(S.ON_VEHICLE, S.PICKUP_POINT)) == {Party.SHOPPER}


def test_a_parcel_recovers_from_a_problem():
    where = position(S.PICKED_UP, S.EXCEPTION_ADDRESS, S.DEPARTED_FACILITY)
    assert where.path[-1].why == "recovered"
    assert not attention(where)
    assert attention(position(S.PICKED_UP, S.EXCEPTION_ADDRESS)) == {Party.SHOPPER}
    assert position(S.ON_VEHICLE, S.FAILED_NOT_HOME, S.ARRIVED_FACILITY).path[-1].why == "recovered"


@pytest.mark.parametrize("found", [S.ARRIVED_FACILITY, S.DELIVERED, S.RETURNING])
def test_a_lost_parcel_may_be_found(found):
    where = position(S.PICKED_UP, S.EXCEPTION_LOST, found)
    assert where.status is found.status
    assert Flag.REVIVED in where.flags
    assert where.path[-1].why == "found"


@pytest.mark.parametrize(
    "noise", [S.EXCEPTION_INVESTIGATION, S.LABEL_CREATED, S.DELAYED_CUSTOMS, S.CANCELLED_VOIDED]
)
def test_a_lost_parcel_stays_lost_until_somebody_has_it_in_hand(noise):
    events = story(S.PICKED_UP, S.EXCEPTION_LOST, noise)
    where = fold(events)
    assert where.sub_status is S.EXCEPTION_LOST
    assert where.is_lost
    assert why(where, events[-1]) == "after_lost"


def test_losing_a_parcel_that_had_a_problem_is_news():
    where = position(S.PICKED_UP, S.EXCEPTION_DAMAGED, S.EXCEPTION_LOST)
    assert statuses(where) == ["in_transit", "exception", "exception"]
    assert where.path[-1].why == "news"


def test_a_parcel_not_collected_goes_home_and_says_why():
    where = position(S.PICKUP_POINT, S.EXCEPTION_PICKUP_MISSED, S.RETURNING, S.RETURNED)
    assert statuses(where) == ["available_for_pickup", "exception", "returning", "returned"]
    assert where.reason == "not_collected"


def test_the_carriers_own_reason_for_a_return_is_kept():
    events = [
        *story(S.PICKED_UP, S.EXCEPTION_REFUSED),
        said(S.RETURNING, 40, reason="recall"),
        said(S.RETURNING, 50),
    ]
    assert fold(events).reason == "recall"


@pytest.mark.parametrize(
    "scan", [S.ARRIVED_FACILITY, S.ON_VEHICLE, S.PICKUP_POINT, S.FAILED_OTHER, S.EXCEPTION_HELD]
)
def test_scans_on_the_way_home_leave_a_parcel_returning(scan):
    events = story(S.PICKED_UP, S.RETURNING, scan)
    where = fold(events)
    assert where.status is Status.RETURNING
    assert why(where, events[-1]) == "returning"


@pytest.mark.parametrize("sub", [S.DELIVERED, S.DELIVERED_SIGNED, S.DELIVERED_COLLECTED])
def test_delivered_at_the_end_of_a_return_means_returned(sub):
    where = position(S.PICKED_UP, S.RETURNING, S.ARRIVED_FACILITY, sub)
    assert where.sub_status is S.RETURNED
    assert where.delivered_at is None
    assert where.path[-1].why == "return_completed"


def test_a_parcel_lost_on_its_way_home_is_still_returning_but_flagged():
    where = position(S.PICKED_UP, S.RETURNING, S.EXCEPTION_LOST)
    assert where.status is Status.RETURNING
    assert Flag.LOST_ON_RETURN in where.flags


def test_a_return_is_called_off_by_the_carrier_or_by_a_person_only():
    called_off = position(S.PICKED_UP, S.RETURNING, S.RETURN_CANCELLED, S.ON_VEHICLE, S.DELIVERED)
    assert statuses(called_off)[2:] == ["in_transit", "out_for_delivery", "delivered"]
    by_hand = fold([*story(S.PICKED_UP, S.RETURNING), said(S.IN_TRANSIT, 40, source="agent")])
    assert by_hand.status is Status.IN_TRANSIT
    assert by_hand.path[-1].why == "by_hand"


def test_one_late_scan_does_not_undo_a_delivery():
    events = story(S.PICKED_UP, S.DELIVERED_SIGNED, S.DEPARTED_FACILITY)
    where = fold(events)
    assert where.sub_status is S.DELIVERED_SIGNED
    assert where.delivered_at == hours(11)
    assert why(where, events[-1]) == "after_delivered"


def test_several_scans_within_six_hours_do_not_undo_a_delivery():
    events = [said(S.DELIVERED, 10), said(S.ARRIVED_FACILITY, 11), said(S.ON_VEHICLE, 16.9)]
    assert fold(events).status is Status.DELIVERED


def test_two_scans_over_six_hours_show_that_a_delivery_was_false():
    events = [said(S.DELIVERED, 10), said(S.ARRIVED_FACILITY, 11), said(S.ON_VEHICLE, 17)]
    where = fold(events)
    assert statuses(where) == ["delivered", "in_transit", "out_for_delivery"]
    assert where.flags == {Flag.FALSE_DELIVERY}
    assert where.delivered_at is None
    assert attention(where) == {Party.SHOP}


def test_a_parcel_truly_delivered_after_a_false_delivery_counts_from_then():
    events = [
        said(S.DELIVERED, 10),
        said(S.ARRIVED_FACILITY, 20),
        said(S.ON_VEHICLE, 40),
        said(S.DELIVERED_SIGNED, 44),
    ]
    where = fold(events)
    assert where.delivered_at == hours(44)
    assert not attention(where)


def test_stragglers_on_either_side_of_a_second_delivery_scan_do_not_add_up():
    events = [
        said(S.DELIVERED, 10),
        said(S.ARRIVED_FACILITY, 11),
        said(S.DELIVERED_SIGNED, 12),
        said(S.ARRIVED_FACILITY, 30),
    ]
    where = fold(events)
    assert (where.status, where.sub_status) == (Status.DELIVERED, S.DELIVERED_SIGNED)
    assert where.flags == frozenset()


@pytest.mark.parametrize(
    "noise", [S.EXCEPTION_LOST, S.DELAYED_WEATHER, S.LABEL_CREATED, S.CANCELLED_VOIDED, None]
)
def test_nothing_else_a_carrier_says_undoes_a_delivery(noise):
    where = fold([said(S.DELIVERED_MAILBOX, 10), said(noise, 20), said(noise, 40)])
    assert (where.sub_status, where.delayed) == (S.DELIVERED_MAILBOX, False)


@pytest.mark.parametrize("back", [S.RETURNING, S.RETURNED])
def test_a_delivered_parcel_may_come_back(back):
    where = position(S.PICKED_UP, S.DELIVERED, back)
    assert where.status is back.status
    assert where.flags == {Flag.REOPENED}
    assert where.delivered_at == hours(11)


def test_only_the_shopper_or_an_agent_disputes_a_delivery():
    delivered = said(S.DELIVERED, 10)
    for source in ("shopper", "agent"):
        where = fold([delivered, said(S.EXCEPTION_DISPUTED, 12, source=source)])
        assert where.sub_status is S.EXCEPTION_DISPUTED
        assert where.flags == {Flag.DISPUTED}
        assert where.delivered_at == hours(10)
        assert attention(where) == {Party.SHOP}
    for source in ("carrier", "system", "driver"):
        assert fold([delivered, said(S.EXCEPTION_DISPUTED, 12, source=source)]).status is Status.DELIVERED


def test_a_carrier_that_repeats_itself_does_not_settle_a_dispute():
    disputed = [said(S.DELIVERED, 10), said(S.EXCEPTION_DISPUTED, 12, source="shopper")]
    assert fold([*disputed, said(S.DELIVERED_SIGNED, 20)]).sub_status is S.EXCEPTION_DISPUTED
    assert fold([*disputed, said(S.ON_VEHICLE, 20)]).delivered_at is None
    found = fold([*disputed, said(S.DELIVERED_CONFIRMED, 20, source="shopper")])
    assert found.sub_status is S.DELIVERED_CONFIRMED
    assert found.delivered_at == hours(10)


def test_a_delivery_that_did_not_happen_cannot_be_disputed():
    dispute = said(S.EXCEPTION_DISPUTED, 12, source="shopper")
    where = fold([said(S.ON_VEHICLE, 10), dispute])
    assert where.status is Status.OUT_FOR_DELIVERY
    assert why(where, dispute) == "nothing_to_dispute"


def test_a_shopper_may_confirm_the_delivery_and_say_nothing_else():
    on_van = said(S.ON_VEHICLE, 10)
    assert fold([on_van, said(S.DELIVERED_CONFIRMED, 12, source="shopper")]).status is Status.DELIVERED
    assert fold([on_van, said(S.RETURNING, 12, source="shopper")]).status is Status.OUT_FOR_DELIVERY


def test_the_second_carriers_pre_advice_does_not_take_a_parcel_back():
    events = story(S.LABEL_CREATED, S.PICKED_UP, S.LABEL_CREATED, S.PENDING_NOT_FOUND)
    where = fold(events)
    assert where.status is Status.IN_TRANSIT
    assert [why(where, event) for event in events[2:]] == ["late_preadvice", "late_preadvice"]


def test_a_label_printed_is_not_forgotten_because_the_carrier_knows_nothing_yet():
    assert position(S.LABEL_CREATED, S.PENDING_NOT_FOUND).status is Status.INFO_RECEIVED
    assert position(S.LABEL_CREATED, S.PENDING_INVALID_NUMBER).sub_status is S.PENDING_INVALID_NUMBER


def test_a_voided_label_that_was_used_all_the_same_asks_for_attention():
    where = position(S.LABEL_CREATED, S.CANCELLED_VOIDED, S.PICKED_UP)
    assert where.status is Status.IN_TRANSIT
    assert where.flags == {Flag.REVIVED, Flag.VOIDED_LABEL_USED}
    assert attention(where) == {Party.SHOP}


@pytest.mark.parametrize(
    "noise", [S.LABEL_CREATED, S.EXCEPTION_ADDRESS, S.DELIVERY_DATE_SET, S.EXPIRED_NO_EVENTS]
)
def test_words_without_a_parcel_do_not_revive_a_cancelled_one(noise):
    assert position(S.LABEL_CREATED, S.CANCELLED_VOIDED, noise).status is Status.CANCELLED


@pytest.mark.parametrize(
    ("heard", "sub"),
    [
        (S.ON_VEHICLE, S.ON_VEHICLE),
        (S.ARRIVED_FACILITY, S.ARRIVED_FACILITY),
        (S.LABEL_CREATED, S.PICKED_UP),  # a pre-advice is a sign of life, nothing more
        (S.DELAYED_WEATHER, S.DELAYED_WEATHER),
        (None, S.UNMAPPED_IN_TRANSIT),
    ],
)
def test_a_parcel_given_up_revives_with_whatever_is_heard_of_it(heard, sub):
    events = [
        said(S.PICKED_UP, 1),
        said(S.EXPIRED_NO_EVENTS, 800, source="system"),
        said(heard, 900),
    ]
    where = fold(events)
    assert where.sub_status is sub
    assert where.flags == {Flag.REVIVED}
    assert (where.path[-1].before, where.path[-1].why) == (Status.EXPIRED, "revived")
    assert where.since == hours(900)


def test_a_return_given_up_is_still_a_return_when_it_is_heard_of_again():
    events = [said(S.RETURNING, 1), said(S.EXPIRED_NO_EVENTS, 800, source="system"), said(S.DELIVERED, 900)]
    where = fold(events)
    assert where.status is Status.RETURNED
    assert where.path[-1].why == "return_completed"


def test_a_carrier_that_gives_a_parcel_up_itself_is_believed():
    assert position(S.PICKED_UP, S.EXPIRED_NO_EVENTS).status is Status.EXPIRED


def test_scans_that_reach_us_late_show_that_a_parcel_was_not_silent():
    expired = said(S.EXPIRED_NO_EVENTS, 800, source="system")
    assert fold([said(S.PICKED_UP, 800 - 30 * 24), expired]).status is Status.EXPIRED
    assert fold([said(S.PICKED_UP, 801 - 30 * 24), expired]).status is Status.IN_TRANSIT
    where = fold([said(S.PICKED_UP, 1), expired, said(S.ARRIVED_FACILITY, 700, seen=810)])
    assert where.status is Status.IN_TRANSIT
    assert why(where, expired) == "still_heard"


@pytest.mark.parametrize("scan", [S.PICKED_UP, S.ON_VEHICLE, S.DELIVERED, S.RETURNING, S.CANCELLED_VOIDED])
def test_only_a_person_takes_a_returned_parcel_further(scan):
    home = story(S.PICKED_UP, S.RETURNED)
    assert fold([*home, said(scan, 50), said(scan, 90)]).status is Status.RETURNED
    assert fold([*home, said(scan, 50, source="shop")]).status is scan.status


@pytest.mark.parametrize("source", ["shop", "agent"])
def test_a_person_may_move_a_parcel_anywhere(source):
    for before in (S.DELIVERED, S.RETURNED, S.CANCELLED_VOIDED, S.EXCEPTION_LOST, S.ON_VEHICLE):
        for after in (S.LABEL_CREATED, S.PICKED_UP, S.PICKUP_STORE, S.RETURNING, S.DELIVERED_SAFE_PLACE):
            assert fold([said(before, 1), said(after, 2, source=source)]).sub_status is after


def test_a_person_who_says_it_never_left_takes_the_movement_back():
    where = fold([said(S.PICKED_UP, 1), said(S.LABEL_CREATED, 2, source="agent")])
    assert not where.ever_moved
    assert where.moved_at is None


# --- Delay is a flag, not a place ---


def test_a_delay_stays_with_the_parcel_on_the_van():
    where = position(S.PICKED_UP, S.DELAYED_WEATHER, S.ON_VEHICLE)
    assert (where.status, where.delayed, where.delay) == (Status.OUT_FOR_DELIVERY, True, S.DELAYED_WEATHER)


@pytest.mark.parametrize("end", [S.PROBLEM_RESOLVED, S.DELIVERED, S.RETURNING, S.RETURNED])
def test_a_delay_ends(end):
    assert not position(S.PICKED_UP, S.DELAYED_OPERATIONS, end).delayed


def test_a_note_moves_a_parcel_nowhere():
    where = position(S.ON_VEHICLE, S.DELIVERY_RESCHEDULED)
    assert where.sub_status is S.ON_VEHICLE
    assert where.decisions[-1].kind is Kind.ANNOTATED
    assert position(S.PICKED_UP, S.REDIRECTED).sub_status is S.REDIRECTED


def test_a_note_on_a_parcel_not_heard_of_before_ships_nothing():
    where = position(S.DELAYED_OPERATIONS)
    assert (where.sub_status, where.ever_moved, where.delayed) == (S.DATA_UPDATED, False, True)


def test_a_note_does_not_hide_what_the_shopper_has_to_do():
    where = position(S.PICKED_UP, S.CUSTOMS_INFO_REQUIRED, S.DELAYED_CUSTOMS)
    assert where.sub_status is S.CUSTOMS_INFO_REQUIRED


# --- Codes nobody has given a meaning ---


@pytest.mark.parametrize("code", [None, S.UNMAPPED_EXCEPTION, S.UNMAPPED_DELIVERED])
def test_a_code_without_a_meaning_leaves_the_parcel_where_it_is(code):
    where = fold([said(S.ARRIVED_FACILITY, 1), said(code, 5)])
    assert where.sub_status is S.UNMAPPED_IN_TRANSIT
    assert where.last_event_at == hours(5)
    assert fold([said(code, 5)]).sub_status is S.UNMAPPED_PENDING


@pytest.mark.parametrize(
    "sub",
    [
        S.PICKUP_LOCKER,
        S.FAILED_NOT_HOME,
        S.CUSTOMS_INFO_REQUIRED,
        S.DELIVERED,
        S.EXCEPTION_ADDRESS,
        S.RETURNED,
    ],
)
def test_a_code_without_a_meaning_does_not_hide_what_somebody_needs_to_know(sub):
    where = fold([said(sub, 1), said(None, 5)])
    assert where.sub_status is sub


@some
@given(EVENTS, st.integers(0, 300))
def test_a_code_without_a_meaning_alarms_nobody(events, at):
    before = fold(events)
    after = fold([*events, said(None, at, key="unread")])
    assert after.delayed == before.delayed
    assert after.attempts == before.attempts
    if before.status is not Status.EXPIRED:
        assert attention(after) <= attention(before) | attention(
            fold([e for e in events if e.source != "system"])
        )


# --- Twins, ties and clocks ---


@pytest.mark.parametrize("seen", [(1, 2), (2, 1), (1, 1)])
def test_of_two_reports_of_one_event_the_more_precise_is_kept(seen):
    plain = said(S.DELIVERED, 10, seen=10 + seen[0], key="scan")
    signed = said(S.DELIVERED_SIGNED, 10, seen=10 + seen[1], key="scan")
    assert fold([plain, signed]) == fold([signed, plain])
    assert fold([plain, signed]).sub_status is S.DELIVERED_SIGNED


def test_an_event_reported_twice_happened_when_first_said_and_was_known_when_first_seen():
    first, second = said(S.DELIVERED, 10, seen=11, key="scan"), said(S.DELIVERED, 12, seen=13, key="scan")
    assert fold([second, first]).delivered_at == hours(10)
    # Seen at 5 it was a day and more ahead; seen again at 40 it would not be.
    ahead = [said(S.DELIVERED, 50, seen=5, key="scan"), said(S.DELIVERED, 50, seen=40, key="scan")]
    assert fold(ahead).delivered_at == hours(5)


def test_a_report_with_a_meaning_wins_over_one_without():
    where = fold([said(None, 10, key="scan"), said(S.ON_VEHICLE, 10, key="scan")])
    assert where.sub_status is S.ON_VEHICLE
    assert len(where.decisions) == 1


def test_a_later_plain_delivery_scan_does_not_hide_who_signed():
    assert position(S.DELIVERED_NEIGHBOUR, S.DELIVERED).sub_status is S.DELIVERED_NEIGHBOUR
    assert position(S.DELIVERED, S.DELIVERED_NEIGHBOUR).sub_status is S.DELIVERED_NEIGHBOUR


def test_scans_of_the_same_moment_end_at_the_furthest_stage():
    events = [said(S.ON_VEHICLE, 5), said(S.DEPARTED_FACILITY, 5), said(S.LABEL_CREATED, 5)]
    assert statuses(fold(events)) == ["info_received", "in_transit", "out_for_delivery"]


def test_of_two_scans_of_the_same_moment_the_one_that_says_more_is_shown():
    assert fold([said(S.IN_TRANSIT, 5), said(S.DEPARTED_FACILITY, 5)]).sub_status is S.DEPARTED_FACILITY


def test_an_event_that_arrives_late_does_not_change_where_the_parcel_is():
    where = fold([said(S.DELIVERED, 30), said(S.ON_VEHICLE, 25, seen=40)])
    assert statuses(where) == ["out_for_delivery", "delivered"]


def test_an_event_from_the_future_counts_from_when_it_was_received():
    where = fold([said(S.PICKED_UP, 1), said(S.DELIVERED, 900, seen=5)])
    assert where.delivered_at == where.last_event_at == hours(5)
    assert where.flags == {Flag.CLOCK_SUSPECT}


def test_a_clock_up_to_a_day_ahead_is_believed():
    where = fold([said(S.DELIVERED, 29, seen=5)])
    assert where.delivered_at == hours(29)
    assert where.flags == frozenset()


# --- Keys ---


def an_event(**changes: object) -> Event:
    values = {"occurred_at": START, "sub_status": S.PICKED_UP, "code": "T1", "text": "Recogido"} | changes
    return Event(**values)  # type: ignore[arg-type]


def test_a_key_is_sixteen_hex_digits():
    key = event_key(an_event())
    assert len(key) == 16
    assert int(key, 16) >= 0


@pytest.mark.parametrize(
    "same",
    [
        {"text": "Picked up", "place": "Valencia", "country": "ES", "reason": "x", "said_at": "8:00"},
        {"occurred_at": START + timedelta(seconds=59)},
        {"occurred_at": START.astimezone(timezone(timedelta(hours=-3)))},
        {"sub_status": S.IN_TRANSIT},
    ],
)
def test_wording_seconds_zone_and_our_reading_do_not_make_another_event(same):
    assert event_key(an_event(**same)) == event_key(an_event())


@pytest.mark.parametrize(
    "other",
    [
        {"code": "T2"},
        {"leg": 2},
        {"source": "agent"},
        {"occurred_at": START + timedelta(minutes=1)},
        {"scan_id": "1"},
    ],
)
def test_code_leg_source_minute_and_scan_id_do(other):
    assert event_key(an_event(**other)) != event_key(an_event())


def test_with_the_carriers_scan_id_nothing_else_counts():
    one = an_event(scan_id="77", code="T1")
    assert event_key(one) == event_key(an_event(scan_id="77", code="T9", leg=2, occurred_at=hours(5)))
    assert event_key(one) != event_key(an_event(scan_id="77", source="driver"))


def test_without_a_code_our_reading_tells_events_apart():
    assert event_key(an_event(code="")) != event_key(an_event(code="", sub_status=S.ON_VEHICLE))


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        event_key(an_event(occurred_at=datetime(2026, 11, 2, 6)))  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        Stored.of(an_event(), datetime(2026, 11, 2, 6))  # noqa: DTZ001


def test_an_event_is_stored_in_utc():
    stored = Stored.of(an_event(occurred_at=START.astimezone(ZoneInfo("Europe/Madrid"))), hours(1))
    assert stored.occurred_at.tzinfo is UTC
    assert (stored.key, stored.occurred_at, stored.sub_status) == (event_key(an_event()), START, S.PICKED_UP)


def test_sub_statuses_as_the_database_gives_them_fold_the_same():
    events = story(S.PICKED_UP, S.ON_VEHICLE, S.FAILED_NOT_HOME, S.EXCEPTION_LOST, S.DELIVERED_SIGNED)
    plain = [replace(event, sub_status=str(event.sub_status)) for event in events]
    where = fold(plain)
    assert where == fold(events)
    assert type(where.sub_status) is SubStatus
