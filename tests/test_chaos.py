"""With everything that can die dying in the middle, each event is shown once and each message sent once."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from carriers import client, registry
from carriers.reading import events_of
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import Limits, Query
from tests.chaos.installation import Installation, parsed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SPEED = 5000  # simulated minutes a minute: from label to door in about 20 s
PACE = 0.0001  # what is asked every four hours is asked every second or two
SHOPS, PARCELS = 2, 2  # of each of six carriers
CALM_WITHIN_S = 75.0

# Nothing more is to come: all delivered, all told, all handed over or settled.
UNREST = """
SELECT (SELECT count(*) FROM tracking_shipment WHERE status <> 'delivered'),
       (SELECT count(*) FROM tracking_transition WHERE announced_at IS NULL),
       (SELECT count(*) FROM notifications_message WHERE next_at IS NOT NULL),
       (SELECT count(*) FROM tracking_order o WHERE NOT EXISTS (
          SELECT FROM notifications_message m WHERE m.order_id = o.id AND m.state = 'delivered'))
"""


@pytest.fixture
def simulator(settings: Any) -> Iterator[Simulator]:
    with running(speed=SPEED) as world:
        settings.CARRIER_SIMULATOR_URL = world.url
        yield world


@pytest.fixture
def installation(simulator: Simulator) -> Iterator[Installation]:
    installation = Installation(simulator_url=simulator.url, pace=PACE)
    try:
        yield installation
    finally:
        installation.stop()


def test_nothing_is_lost_and_nothing_told_twice_whatever_dies(
    installation: Installation, simulator: Simulator
) -> None:
    parcels = parsed(installation.run("-m", "tests.chaos.orders", str(SHOPS), str(PARCELS)))
    for name in ("one", "two", "beat"):
        installation.start(name)
    began = time.monotonic()

    ruin(installation, began)
    wait_for_calm(installation, began)

    assert set(installation.broken) == {"one", "two", "beat", "redis", "postgres"}
    assert shown(installation) == told(parcels)
    assert_each_message_was_sent_once(installation, parcels)


def ruin(installation: Installation, began: float) -> None:
    def at(seconds: float) -> None:
        time.sleep(max(0.0, began + seconds - time.monotonic()))

    at(5)
    installation.kill("one")
    at(6.5)
    installation.lose_redis(for_s=1)
    at(9)
    installation.restart_postgres()
    at(10.5)
    installation.kill("two")
    at(12)
    installation.lose_redis(for_s=0)
    installation.kill("beat")
    at(14)
    installation.crash_postgres()
    at(15.5)
    installation.kill("one")
    installation.kill("two")


def wait_for_calm(installation: Installation, began: float) -> None:
    unrest: tuple[int, ...] = ()
    while time.monotonic() - began < CALM_WITHIN_S:
        (unrest,) = installation.rows(UNREST)
        if not any(unrest):
            return
        time.sleep(0.5)
    pytest.fail(
        f"{unrest} parcels on their way, transitions untold, messages due, orders without their last message"
        f"\n{installation.last_words()}"
    )


def told(parcels: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Each parcel's events, as its carrier tells them to who asks in peace."""
    events: dict[str, list[Any]] = {}
    for parcel in parcels:
        carrier = replace(registry.get(parcel["carrier"]), limits=Limits(per_second=1000))
        key = f"peace-{parcel['shop']}-{carrier.code}"
        (answer,) = client.ask(carrier, parcel["secrets"], [Query(parcel["number"])], account_key=key)
        said = events_of(carrier, answer)
        events[parcel["number"]] = sorted({(e.occurred_at, e.code, str(e.sub_status or "")) for e in said})
    return events


def shown(installation: Installation) -> dict[str, list[Any]]:
    """Each parcel's events as they are kept, repetitions and all."""
    kept: defaultdict[str, list[Any]] = defaultdict(list)
    for number, *event in installation.rows(
        "SELECT s.number, e.occurred_at, e.code, e.sub_status"
        " FROM tracking_shipment s JOIN tracking_trackingevent e ON e.shipment_id = s.id"
    ):
        kept[number].append(tuple(event))
    return {number: sorted(events) for number, events in kept.items()}


def assert_each_message_was_sent_once(installation: Installation, parcels: list[dict[str, Any]]) -> None:
    rows = installation.rows("SELECT recipient, subject, state, status FROM notifications_message")
    received = installation.mailbox.received
    assert max(received.values()) == 1
    # A worker that dies with a message in its hand leaves it for a person to settle: it may have gone out.
    doubtful = {(recipient, subject) for recipient, subject, _state, status in rows if status == "unknown"}
    sent = {(recipient, subject) for recipient, subject, _state, status in rows if status == "sent"}
    assert len(doubtful) <= len(installation.broken)
    assert sent <= set(received) <= sent | doubtful
    assert {status for *_, status in rows} <= {"sent", "unknown"}
    for state in ("shipped", "delivered"):
        about = [recipient for recipient, _subject, said, _status in rows if said == state]
        assert len(about) == len(set(about))
    assert sorted(r for r, _s, state, _t in rows if state == "delivered") == sorted(
        p["email"] for p in parcels
    )
