"""What is announced when events come in bit by bit: each step once, nothing for the past."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from carriers.types import Status
from tests.tracking.timeline import EVENTS, S, hours, said, story
from tracking.machine import fold
from tracking.moves import Move, moves, quiet_reason
from tracking.position import NEW, Stored

some = settings(max_examples=200, deadline=None, database=None)
JOURNEY = story(
    S.LABEL_CREATED, S.PICKED_UP, S.ON_VEHICLE, S.FAILED_NOT_HOME, S.ON_VEHICLE, S.DELIVERED, every=20
)


def entered(found: list[Move]) -> list[str]:
    return [str(move.after) for move in found]


def quiet(move: Move, *, seen: float, imported: float | None = None) -> str:
    imported_at = None if imported is None else hours(imported)
    return quiet_reason(move, received_at=hours(seen), imported_at=imported_at, is_current=move.is_current)


@some
@given(EVENTS)
def test_polling_twice_moves_nothing(events):
    assert moves(fold(events), fold(events * 2)) == []


@some
@given(EVENTS)
def test_the_first_look_at_a_shipment_finds_its_whole_path(events):
    where = fold(events)
    found = moves(None, where)
    assert [(m.before, m.after, m.key, m.episode) for m in found] == [
        (e.before, e.after, e.key, e.episode) for e in where.path
    ]
    assert [m.is_current for m in found] == [False] * (len(found) - 1) + [True] * bool(found)


@some
@given(st.data(), EVENTS)
def test_no_event_is_announced_twice_for_one_status_however_they_come_in(data, events):
    told: list[tuple[str, Status]] = []
    at_hand: list[Stored] = []
    where = None
    for event in data.draw(st.permutations(events)):
        at_hand.append(event)
        after = fold(at_hand)
        found = moves(where, after, told=told)
        assert all(move.episode > len(told) for move in found)
        told += [(move.key, move.after) for move in found]
        where = after
    assert len(set(told)) == len(told)


@some
@given(st.data(), EVENTS)
def test_wherever_a_parcel_stands_that_was_announced(data, events):
    told: list[tuple[str, Status]] = []
    at_hand: list[Stored] = []
    where = NEW
    for event in data.draw(st.permutations(events)):
        at_hand.append(event)
        after = fold(at_hand)
        told += [(move.key, move.after) for move in moves(where, after, told=told)]
        where = after
    assert where.status in {Status.PENDING, *(status for _, status in told)}


def test_a_step_taken_back_and_put_back_is_announced_once():
    van, delivered = said(S.ON_VEHICLE, 30), said(S.DELIVERED, 20, seen=40)
    more = said(S.ARRIVED_FACILITY, 22, seen=50)
    told = [(move.key, move.after) for move in moves(None, fold([van]))]
    assert told == [(van.key, Status.OUT_FOR_DELIVERY)]
    undone = moves(fold([van]), fold([van, delivered]), told=told)
    assert entered(undone) == ["delivered"]
    told += [(move.key, move.after) for move in undone]
    redone = moves(fold([van, delivered]), fold([van, delivered, more]), told=told)
    assert entered(redone) == ["in_transit"]
    assert fold([van, delivered, more]).status is Status.OUT_FOR_DELIVERY


def test_events_coming_one_by_one_are_each_announced_once():
    found = []
    for count in range(1, len(JOURNEY) + 1):
        found += moves(fold(JOURNEY[: count - 1]), fold(JOURNEY[:count]))
    assert entered(found) == entered(moves(None, fold(JOURNEY)))
    assert [move.episode for move in found] == [1, 2, 3, 4, 5, 6]


def test_two_scans_of_the_same_second_do_not_bounce():
    depot, van = said(S.AT_DELIVERY_DEPOT, 5), said(S.ON_VEHICLE, 5)
    first = moves(None, fold([van]))
    assert entered(first) == ["out_for_delivery"]
    second = moves(fold([van]), fold([van, depot]))
    assert [(move.after, move.is_current) for move in second] == [(Status.IN_TRANSIT, False)]
    assert moves(fold([van, depot]), fold([depot, van])) == []


def test_an_earlier_scan_of_the_same_status_does_not_announce_it_again():
    later, earlier = said(S.DEPARTED_FACILITY, 9), said(S.PICKED_UP, 3, seen=20)
    assert moves(fold([later]), fold([later, earlier])) == []


def test_a_late_scan_between_two_of_one_status_is_all_there_is_to_add():
    known = [said(S.PICKED_UP, 3), said(S.ARRIVED_FACILITY, 9)]
    found = moves(fold(known), fold([*known, said(S.ON_VEHICLE, 6, seen=20)]))
    assert [(move.after, move.is_current) for move in found] == [(Status.OUT_FOR_DELIVERY, False)]


def test_more_detail_on_the_same_event_is_no_move():
    plain, signed = said(S.DELIVERED, 9, key="scan"), said(S.DELIVERED_SIGNED, 9, key="scan")
    assert moves(fold([plain]), fold([plain, signed])) == []


def test_a_second_day_on_the_van_may_be_told_again():
    first, second = said(S.ON_VEHICLE, 2), said(S.ON_VEHICLE, 26)
    (move,) = moves(fold([first]), fold([first, second]))
    assert (move.after, move.episode, quiet(move, seen=26)) == (Status.OUT_FOR_DELIVERY, 2, "")


def test_back_on_the_van_the_same_day_is_not_told_again():
    known = [said(S.ON_VEHICLE, 2), said(S.ARRIVED_FACILITY, 3)]
    (move,) = moves(fold(known), fold([*known, said(S.NEXT_STOP, 4)]))
    assert quiet(move, seen=4) == "again"


def test_an_episode_is_never_given_twice_even_when_an_earlier_day_turns_up_late():
    second, first, third = said(S.ON_VEHICLE, 26), said(S.ON_VEHICLE, 2, seen=30), said(S.ON_VEHICLE, 50)
    found = moves(None, fold([second]))
    for count in (2, 3):
        at_hand = [second, first, third][:count]
        told = [(move.key, move.after) for move in found]
        found += moves(fold(at_hand[:-1]), fold(at_hand), told=told)
    assert [(move.occurred_at, move.episode) for move in found] == [
        (hours(26), 1),
        (hours(2), 2),
        (hours(50), 3),
    ]


def test_a_recovery_can_be_told_apart_from_an_ordinary_step():
    known = story(S.PICKED_UP, S.EXCEPTION_HELD)
    (move,) = moves(fold(known), fold([*known, said(S.DEPARTED_FACILITY, 40)]))
    assert (move.before, move.after, move.why) == (Status.EXCEPTION, Status.IN_TRANSIT, "recovered")


# --- Nobody is told of the past ---


def test_the_news_of_the_moment_is_told():
    (move,) = moves(None, fold([said(S.PICKED_UP, 10)]))
    assert quiet(move, seen=11) == ""
    assert quiet(move, seen=11, imported=9) == ""


def test_a_step_the_parcel_has_left_behind_is_not_told():
    label, shipped = moves(None, fold(story(S.LABEL_CREATED, S.PICKED_UP)))
    assert [quiet(label, seen=12), quiet(shipped, seen=12)] == ["late", ""]


def test_a_step_heard_of_more_than_seven_days_later_is_not_told():
    (move,) = moves(None, fold([said(S.PICKED_UP, 10)]))
    week = timedelta(days=7)
    at = move.occurred_at
    assert quiet_reason(move, received_at=at + week, imported_at=None, is_current=True) == ""
    late = at + week + timedelta(seconds=1)
    assert quiet_reason(move, received_at=late, imported_at=None, is_current=True) == "old"


def test_what_happened_before_a_shipment_was_known_here_is_not_told():
    (move,) = moves(None, fold([said(S.PICKED_UP, 10)]))
    assert quiet(move, seen=21, imported=20) == "imported"


def test_a_parcel_brought_in_on_its_way_and_delivered_when_first_seen_is_not_told():
    picked_up, delivered = moves(None, fold([said(S.PICKED_UP, 10), said(S.DELIVERED, 25)]))
    assert quiet(delivered, seen=26, imported=20) == "imported"
    assert quiet(picked_up, seen=26, imported=20) == "imported"


def test_a_parcel_brought_in_on_its_way_tells_what_happens_from_then_on():
    known = [said(S.PICKED_UP, 10)]
    (move,) = moves(fold(known), fold([*known, said(S.DELIVERED, 25)]))
    assert quiet(move, seen=26, imported=20) == ""


def test_a_same_day_parcel_whose_only_scan_is_its_delivery_is_told():
    (move,) = moves(None, fold([said(S.DELIVERED, 25)]))
    assert quiet(move, seen=26, imported=20) == ""
