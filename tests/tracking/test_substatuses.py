"""What each sub-status carries, as the status model says."""

from __future__ import annotations

import pytest

from carriers.types import Status, SubStatus
from tests.tracking.timeline import S
from tracking.substatuses import (
    DETAILS,
    MAPPED,
    UNMAPPED,
    Cause,
    Party,
    caused_by,
    detail,
    is_terminal,
    needs_action,
)

SHOPPER, SHOP = {Party.SHOPPER}, {Party.SHOP}


def those(flag: str) -> set[SubStatus]:
    return {sub for sub, row in DETAILS.items() if getattr(row, flag)}


def test_all_78_sub_statuses_and_an_unmapped_one_a_status_are_described():
    assert len(MAPPED) == 78
    assert set(DETAILS) == set(SubStatus)
    assert set(UNMAPPED) == set(Status)


@pytest.mark.parametrize("sub", SubStatus)
def test_a_description_belongs_to_its_status(sub):
    row = detail(sub)
    assert (row.sub_status, row.status) == (sub, sub.status)
    assert row.rank == list(Status).index(sub.status)


def test_only_lost_and_destroyed_are_terminal_failures():
    assert those("terminal") == {S.EXCEPTION_LOST, S.EXCEPTION_DESTROYED}
    assert is_terminal(S.EXCEPTION_LOST)
    assert not is_terminal(S.EXCEPTION_DAMAGED)


def test_what_sets_and_clears_a_delay():
    assert those("delayed") == {
        S.NOT_COLLECTED,
        S.CUSTOMS_INFO_REQUIRED,
        S.DELAYED_OPERATIONS,
        S.DELAYED_WEATHER,
        S.DELAYED_CUSTOMS,
        S.DELAYED_EXTERNAL,
    }
    assert those("clears_delay") == {S.PROBLEM_RESOLVED}


def test_what_is_a_note_and_moves_nothing():
    assert those("annotates") == {
        S.DATA_UPDATED,
        S.DELIVERY_DATE_SET,
        S.DELIVERY_RESCHEDULED,
        S.REDIRECTED,
        S.ADDRESS_CORRECTED,
        S.DELAYED_OPERATIONS,
        S.DELAYED_WEATHER,
        S.DELAYED_CUSTOMS,
        S.DELAYED_EXTERNAL,
    }
    assert not those("annotates") & those("physical")


@pytest.mark.parametrize(
    ("sub", "who"),
    [
        (S.PENDING_INVALID_NUMBER, SHOP),
        (S.PENDING_NEEDS_DATA, SHOP),
        (S.NOT_COLLECTED, SHOP),
        (S.CUSTOMS_INFO_REQUIRED, SHOPPER | SHOP),
        (S.PICKUP_LOCKER, SHOPPER),
        (S.PICKUP_EXPIRING, SHOPPER),
        (S.FAILED_NOT_HOME, SHOPPER),
        (S.FAILED_OTHER, set()),
        (S.FAILED_NO_TIME, set()),
        (S.FAILED_REFUSED, set()),
        (S.EXCEPTION_HELD, SHOP),
        (S.EXCEPTION_PAYMENT, SHOPPER),
        (S.EXCEPTION_INVESTIGATION, set()),
        (S.EXCEPTION_LOST, SHOP),
        (S.EXCEPTION_DISPUTED, SHOP),
        (S.RETURNING, SHOP),
        (S.RETURNED, SHOP),
        (S.EXPIRED_NO_EVENTS, SHOP),
        (S.DELIVERED_SIGNED, set()),
        (S.CANCELLED_VOIDED, set()),
    ],
)
def test_who_has_to_act(sub, who):
    assert needs_action(sub) == who


@pytest.mark.parametrize(
    ("sub", "cause"),
    [
        (S.FAILED_NO_TIME, Cause.CARRIER),
        (S.FAILED_NOT_HOME, Cause.RECIPIENT),
        (S.EXCEPTION_PROHIBITED, Cause.SENDER),
        (S.DELAYED_CUSTOMS, Cause.CUSTOMS),
        (S.DELAYED_WEATHER, Cause.NATURE),
        (S.EXCEPTION_UNSPECIFIED, None),
    ],
)
def test_who_caused_it(sub, cause):
    assert caused_by(sub) is cause


@pytest.mark.parametrize("sub", UNMAPPED.values())
def test_a_code_without_a_meaning_carries_no_alarm(sub):
    row = detail(sub)
    assert not (row.delayed or row.terminal or row.news or row.physical)
    assert row.by is None
