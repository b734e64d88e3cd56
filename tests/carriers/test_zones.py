"""What time it was, where a carrier did not say which clock it looked at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.types import ZoneSource
from carriers.zones import at_wall, moment, spanish_time, zone_at

MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    ("country", "postal_code", "zone", "source"),
    [
        ("ES", "46014", "Europe/Madrid", ZoneSource.PLACE),
        ("ES", "35008", "Atlantic/Canary", ZoneSource.PLACE),
        ("ES", " 38001", "Atlantic/Canary", ZoneSource.PLACE),
        ("ES", "", "Europe/Madrid", ZoneSource.PLACE),
        ("PT", "9500-100", "Atlantic/Azores", ZoneSource.PLACE),
        ("PT", "9000-010", "Atlantic/Madeira", ZoneSource.PLACE),
        ("FR", "97400", "Indian/Reunion", ZoneSource.PLACE),
        ("FR", "75011", "Europe/Paris", ZoneSource.PLACE),
        ("DE", "10115", "Europe/Berlin", ZoneSource.PLACE),
        ("IT", "", "Europe/Rome", ZoneSource.PLACE),
        ("BR", "01310-100", "America/Sao_Paulo", ZoneSource.PLACE),
        ("BR", "69005-010", "America/Manaus", ZoneSource.PLACE),
        ("BR", "69900-010", "America/Rio_Branco", ZoneSource.PLACE),
        ("US", "90210", "America/Los_Angeles", ZoneSource.PLACE),
        ("US", "60601", "America/Chicago", ZoneSource.PLACE),
        # Only the country of several clocks is known: where most people live, and said to be assumed.
        ("US", "", "America/New_York", ZoneSource.CARRIER),
        ("CA", "V5K 0A1", "America/Vancouver", ZoneSource.PLACE),
    ],
)
def test_a_place_has_its_clock(country: str, postal_code: str, zone: str, source: ZoneSource) -> None:
    found = zone_at(country, postal_code)
    assert found is not None
    assert (found[0].key, found[1]) == (zone, source)


@pytest.mark.parametrize("country", ["", "XX", "es", "Spain"])
def test_no_place_has_no_clock(country: str) -> None:
    assert zone_at(country, "46014") is None


def test_every_zone_named_exists() -> None:
    from carriers import zones

    named = set(zones._ONE_ZONE.values()) | {
        name for table in zones._BY_POSTAL_CODE.values() for name in table.values()
    }
    assert named <= available_timezones()


def test_an_hour_that_comes_twice_is_its_first() -> None:
    assert (
        at_wall(datetime.fromisoformat("2026-10-25T02:30"), MADRID).isoformat() == "2026-10-25T02:30:00+02:00"
    )


def test_an_hour_that_never_was_is_read_on() -> None:
    assert (
        at_wall(datetime.fromisoformat("2026-03-29T02:30"), MADRID).isoformat() == "2026-03-29T03:30:00+02:00"
    )


@given(
    naive=st.datetimes(datetime.fromisoformat("2001-01-01"), datetime.fromisoformat("2099-01-01")),
    zone=st.sampled_from(
        [MADRID, ZoneInfo("Atlantic/Azores"), ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Beirut")]
    ),
)
def test_a_wall_clock_shows_what_was_read_from_it(naive: datetime, zone: ZoneInfo) -> None:
    at = at_wall(naive, zone)
    shown = at.astimezone(UTC).astimezone(zone)
    assert shown == at
    # Only a time that never was is shown as another one, later by what the clock jumped.
    assert timedelta() <= shown.replace(tzinfo=None) - naive <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("said", "at", "source"),
    [
        ("2026-09-17T11:02:00+02:00", "2026-09-17T11:02:00+02:00", ZoneSource.OFFSET),
        ("2026-09-17T11:02:00Z", "2026-09-17T11:02:00+00:00", ZoneSource.OFFSET),
        ("2026-09-17T11:02:00.123+0200", "2026-09-17T11:02:00.123000+02:00", ZoneSource.OFFSET),
        ("20260917T110200", "2026-09-17T11:02:00+01:00", ZoneSource.PLACE),
        ("2026-09-17", "2026-09-17T00:00:00+01:00", ZoneSource.PLACE),
    ],
)
def test_an_offset_counts_for_more_than_the_place(said: str, at: str, source: ZoneSource) -> None:
    found = moment(said, "ES", "35008", MADRID)
    assert found is not None
    assert (found[0].isoformat(), found[1]) == (at, source)


def test_a_time_of_no_place_is_the_carriers() -> None:
    assert moment("2026-09-17T11:02:00", "", "", MADRID) == (
        datetime(2026, 9, 17, 9, 2, tzinfo=UTC),
        ZoneSource.CARRIER,
    )


@pytest.mark.parametrize(
    "said", ["", "soon", "0001-01-01T00:00:00+14:00", "9999-12-31", "2026-02-30", "1789000000", "17/09/2026"]
)
def test_what_is_no_time_of_this_century_is_none(said: str) -> None:
    assert moment(said, "ES", "", MADRID) is None


def test_spanish_dates_are_day_first() -> None:
    assert spanish_time("06/05/2026 13:05:54") == "2026-05-06T13:05:54"
    assert spanish_time("06/05/2026") == "2026-05-06T00:00"
    assert moment(spanish_time("2026-05-06 13:05:54"), "", "", MADRID) is None
