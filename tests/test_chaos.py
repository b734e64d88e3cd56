"""With everything that can die dying in the middle, each event is shown once and each message sent once."""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from carriers import client, registry
from carriers.reading import events_of
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import Limits, Query
from tests.chaos.installation import Installation, parsed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SPEED = 5000  # simulated minutes a minute: from label to door in about 20 s
PACE = 0.0001  # what is asked every four hours is asked every second or two
SHOPS, PARCELS = 2, 2  # of each of six carriers
CALM_WITHIN_S = 90.0
FAULTS, KINDS = 60, 9  # at least
IN_HAND = 8  # messages a worker can be handing over when it dies, or is cut off from the database

# What mails meet with, one after another, and the share of calls Twilio is rude to, for as long as all else breaks.
MOODS = [
    "",
    "451 busy",
    "slow",
    "",
    "drop",
    "452 full",
    "",
    "slow",
    "cut",
    "451 busy",
    "",
    "drop",
    "slow",
    "450 later",
]
RUDE = {"500": 0.1, "429": 0.15, "slow": 0.15, "dropped": 0.1}

# Who was refused twice waits a minute, then five: the clock of those is put on, once nothing breaks any more.
SOONER = """
UPDATE notifications_message SET next_at = now() + interval '1 second'
WHERE status = 'queued' AND lease IS NULL AND next_at > now() + interval '1 second' RETURNING 1
"""
# Nothing more is to come: all delivered, all told, all handed over or settled.
UNREST = """
SELECT (SELECT count(*) FROM tracking_shipment WHERE status <> 'delivered'),
       (SELECT count(*) FROM tracking_transition WHERE announced_at IS NULL),
       (SELECT count(*) FROM notifications_message WHERE status IN ('queued', 'sending')),
       (SELECT count(*) FROM tracking_order o WHERE NOT EXISTS (
          SELECT FROM notifications_message m WHERE m.order_id = o.id AND m.state = 'delivered' AND m.channel = 'email'))
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
    for name in ("one", "two", "three", "beat"):
        installation.start(name)
    began = time.monotonic()

    ruin(installation, simulator, began)
    wait_for_calm(installation, began)

    faults = tally(installation, simulator)
    said = f"{sum(faults.values())} faults of {len(faults)} kinds in {time.monotonic() - began:.0f} s: {dict(faults)}"
    sys.stderr.write(f"{said}\n")
    assert shown(installation) == told(parcels)
    assert_each_mail_was_sent_once(installation, parcels, faults)
    assert_each_sms_was_sent_once(installation, simulator, parcels, faults)
    assert sum(faults.values()) >= FAULTS, faults
    assert len(faults) >= KINDS, faults


def ruin(installation: Installation, simulator: Simulator, began: float) -> None:
    """What breaks when, in seconds since the beginning."""
    installation.mailbox.moods = MOODS * 2
    for kind, share in RUDE.items():
        simulator.rude("twilio", kind, share=share, seconds=60, slow_s=1)

    def mails(*, taken: bool) -> None:
        installation.mailbox.is_closed = not taken

    plan: list[tuple[float, Callable[[], None]]] = [
        (4.0, lambda: installation.kill("one")),
        (6.5, lambda: installation.lose_redis(for_s=0.5)),
        (8.0, lambda: installation.freeze("two")),
        (9.0, installation.restart_postgres),
        (10.5, lambda: mails(taken=False)),
        (12.5, lambda: mails(taken=True)),
        (13.0, lambda: installation.kill("beat")),
        (14.0, installation.crash_postgres),
        (16.0, lambda: installation.kill("one")),
        (19.0, lambda: installation.lose_redis(for_s=0)),
        (21.0, lambda: installation.kill("three")),
        (24.5, lambda: installation.thaw("two")),  # its leases are over by now
        (25.0, lambda: installation.kill("one")),
        (25.5, lambda: installation.kill("beat")),
        *((3.0 + 2.2 * n, installation.flush_redis) for n in range(11)),
        *((3.7 + 2.2 * n, installation.cut_redis) for n in range(11)),
        *((4.6 + 2.6 * n, installation.end_sessions) for n in range(9)),
        *((5.2 + 6.0 * n, lambda: installation.slow_redis(0.3)) for n in range(4)),
        *((6.2 + 6.0 * n, lambda: installation.slow_redis(0.0)) for n in range(4)),
    ]
    for seconds, breaks in sorted(plan, key=lambda one: one[0]):
        time.sleep(max(0.0, began + seconds - time.monotonic()))
        breaks()


def tally(installation: Installation, simulator: Simulator) -> Counter[str]:
    """Every fault that befell somebody, by kind."""
    faults = Counter([*installation.broken, *(mood for mood in installation.mailbox.broken)])
    calls = simulator.calls(carrier="twilio")
    for kind, share in RUDE.items():
        faults[f"twilio {kind}"] = int(len(calls) * share)
    return +faults


def wait_for_calm(installation: Installation, began: float) -> None:
    unrest: tuple[int, ...] = ()
    while time.monotonic() - began < CALM_WITHIN_S:
        (unrest,) = installation.rows(UNREST)
        if not any(unrest):
            return
        installation.rows(SOONER)
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


def assert_each_mail_was_sent_once(
    installation: Installation, parcels: list[dict[str, Any]], faults: Counter[str]
) -> None:
    rows = installation.rows(
        "SELECT recipient, subject, state, status FROM notifications_message WHERE channel = 'email'"
    )
    received = installation.mailbox.received
    assert max(received.values()) == 1
    # Who dies with a message in its hand, or hears no answer, leaves it for a person to settle: it may have gone out.
    doubtful = {(recipient, subject) for recipient, subject, _state, status in rows if status == "unknown"}
    sent = {(recipient, subject) for recipient, subject, _state, status in rows if status == "sent"}
    assert sent <= set(received) <= sent | doubtful
    assert len(doubtful) <= faults["smtp drop"] + faults["smtp cut"] + in_doubt(faults)
    assert {status for *_, status in rows} <= {"sent", "unknown"}
    for state in ("shipped", "delivered"):
        about = [recipient for recipient, _subject, said, _status in rows if said == state]
        assert len(about) == len(set(about))
    assert sorted(r for r, _s, state, _t in rows if state == "delivered") == sorted(
        p["email"] for p in parcels
    )


def assert_each_sms_was_sent_once(
    installation: Installation, simulator: Simulator, parcels: list[dict[str, Any]], faults: Counter[str]
) -> None:
    rows = installation.rows(
        "SELECT recipient, text, state, status FROM notifications_message WHERE channel = 'sms'"
    )
    received = Counter((one["to"], one["body"]) for one in simulator.messages())
    assert max(received.values()) == 1  # each costs money
    doubtful = {(to, text) for to, text, _state, status in rows if status == "unknown"}
    sent = {(to, text) for to, text, _state, status in rows if status == "sent"}
    assert sent <= set(received) <= sent | doubtful
    assert len(doubtful) <= faults["twilio 500"] + faults["twilio dropped"] + in_doubt(faults)
    assert {status for *_, status in rows} <= {"sent", "unknown"}
    assert sorted(r for r, _s, state, _t in rows if state == "delivered") == sorted(
        p["phone"] for p in parcels
    )


def in_doubt(faults: Counter[str]) -> int:
    return IN_HAND * (
        faults["worker killed"]
        + faults["worker frozen"]
        + faults["postgres crashed"]
        + faults["postgres restarted"]
    )
