"""A shipment of several parcels is where its slowest parcel is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from carriers.pieces import as_one
from carriers.reading import sub_status_of
from carriers.types import Event, Scan, Status, SubStatus
from tracking.machine import fold
from tracking.position import Position, Stored

START = datetime(2026, 9, 14, 8, tzinfo=UTC)
A, B = frozenset({"A"}), frozenset({"B"})
BOTH: frozenset[str] = frozenset()
CODES = {
    "pre": SubStatus.LABEL_CREATED,
    "in": SubStatus.IN_TRANSIT,
    "van": SubStatus.ON_VEHICLE,
    "shop": SubStatus.PICKUP_POINT,
    "bad": SubStatus.EXCEPTION_DAMAGED,
    "late": SubStatus.DELAYED_WEATHER,
    "end": SubStatus.DELIVERED,
}


def history(*lines: tuple[str, frozenset[str]]) -> list[tuple[Scan, frozenset[str]]]:
    return [(Scan(START + timedelta(hours=n), code), about) for n, (code, about) in enumerate(lines)]


def position(scans: tuple[Scan, ...]) -> Position:
    events = [Event(scan.at, sub_status_of(scan, CODES), scan.code, scan_id=scan.scan_id) for scan in scans]
    return fold(Stored.of(event, event.occurred_at) for event in events)


def status(*lines: tuple[str, frozenset[str]]) -> Status:
    return position(as_one(history(*lines), A | B, CODES)).status


def test_one_of_two_delivered_is_not_delivered() -> None:
    assert status(("in", BOTH), ("van", BOTH), ("end", A)) is Status.OUT_FOR_DELIVERY


def test_delivered_when_the_last_one_is() -> None:
    done = position(as_one(history(("in", BOTH), ("van", BOTH), ("end", A), ("end", B)), A | B, CODES))
    assert done.status is Status.DELIVERED
    assert done.delivered_at == START + timedelta(hours=3)


def test_one_ahead_moves_nothing_until_the_other_follows() -> None:
    assert status(("in", BOTH), ("van", A)) is Status.IN_TRANSIT
    # B skips the van: both are now at least on it.
    assert status(("in", BOTH), ("van", A), ("end", B)) is Status.OUT_FOR_DELIVERY


def test_one_in_trouble_is_the_shipment_in_trouble() -> None:
    assert status(("in", BOTH), ("bad", A), ("van", B), ("end", B)) is Status.EXCEPTION


def test_a_note_about_one_parcel_takes_it_nowhere() -> None:
    scans = as_one(history(("in", BOTH), ("van", BOTH), ("late", A)), A | B, CODES)
    assert position(scans).status is Status.OUT_FOR_DELIVERY
    assert position(scans).delayed


def test_an_unknown_code_is_left_unknown() -> None:
    [_, scan] = as_one(history(("in", BOTH), ("new", A)), A | B, CODES)
    assert scan.reading is None


def test_two_parcels_delivered_in_one_minute_are_two_events() -> None:
    at = START
    scans = as_one([(Scan(at, "end"), A), (Scan(at + timedelta(seconds=5), "end"), B)], A | B, CODES)
    assert scans[0].scan_id != scans[1].scan_id
    assert position(scans).status is Status.DELIVERED


def test_a_scan_of_all_parcels_is_known_by_code_and_time_as_ever() -> None:
    assert [scan.scan_id for scan in as_one(history(("in", BOTH), ("van", A | B)), A | B, CODES)] == ["", ""]


lines = st.lists(st.tuples(st.sampled_from(sorted(CODES)), st.sampled_from([A, B, BOTH, A | B])), max_size=12)


@given(lines=lines, more=lines)
def test_what_is_said_later_changes_no_reading_given_before(
    lines: list[tuple[str, frozenset[str]]], more: list[tuple[str, frozenset[str]]]
) -> None:
    once = as_one(history(*lines), A | B, CODES)
    assert as_one(history(*lines, *more), A | B, CODES)[: len(once)] == once


@given(lines=lines)
def test_delivered_means_every_parcel_was(lines: list[tuple[str, frozenset[str]]]) -> None:
    delivered: set[str] = set()
    for code, about in lines:
        delivered |= (about or A | B) if code == "end" else set()
    if position(as_one(history(*lines), A | B, CODES)).status is Status.DELIVERED:
        assert delivered == {"A", "B"}
