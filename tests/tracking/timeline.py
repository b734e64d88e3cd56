"""Timelines for tests: events said in hours after a Monday morning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from carriers.types import SubStatus
from tracking.machine import fold
from tracking.position import Position, Stored

START = datetime(2026, 11, 2, 6, tzinfo=UTC)  # a Monday
S = SubStatus


def hours(count: float) -> datetime:
    return START + timedelta(hours=count)


def said(
    sub: SubStatus | None,
    at: float,
    *,
    seen: float | None = None,
    key: str = "",
    source: str = "carrier",
    reason: str = "",
) -> Stored:
    """One event `at` hours in, received at `seen` hours (when it happened, unless said otherwise)."""
    return Stored(
        key or f"{source}{sub}{at}",
        hours(at),
        hours(at if seen is None else seen),
        sub,
        source,
        reason,
    )


def story(*subs: SubStatus, every: float = 10) -> list[Stored]:
    """Carrier scans, one every so many hours."""
    return [said(sub, every * index + 1) for index, sub in enumerate(subs)]


def position(*subs: SubStatus, every: float = 10) -> Position:
    return fold(story(*subs, every=every))


def statuses(where: Position) -> list[str]:
    return [str(entry.after) for entry in where.path]


def why(where: Position, event: Stored) -> str:
    """The rule by which `event` did what it did."""
    return next(str(line.why) for line in where.decisions if line.key == event.key)


# Few keys and few moments, so that twins, ties and stragglers are common.
EVENTS = st.lists(
    st.builds(
        Stored,
        key=st.sampled_from([f"{number:016x}" for number in range(14)]),
        occurred_at=st.integers(0, 60).map(lambda n: hours(n * 5)),
        received_at=st.integers(0, 60).map(lambda n: hours(n * 7)),
        sub_status=st.one_of(st.none(), st.sampled_from(SubStatus)),
        source=st.sampled_from(
            ["carrier", "carrier", "carrier", "carrier", "driver", "system", "shopper", "agent", "shop"],
        ),
        reason=st.sampled_from(["", "", "refused"]),
    ),
    max_size=12,
)
