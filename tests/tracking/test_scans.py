"""What was known before is the first part of what is known now, wherever nothing new sheds another light on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

from hypothesis import event, given, settings
from hypothesis import strategies as st

from carriers.types import Status
from tests.tracking.timeline import EVENTS, hours
from tracking.machine import fold
from tracking.moves import moves
from tracking.services.scans import Told, before, fit, storable

some = settings(max_examples=400, deadline=None)


def same_moves(told: Told) -> None:
    after = fold([*told.before, *told.new])
    walked = fold(told.before) if told.before else None
    known = before(told, after, zone=UTC)
    event(
        "walked once"
        if known is not None and known.status is Status.PENDING and known.decisions and not known.since
        else "walked twice"
    )
    assert moves(known, after) == moves(walked, after)


@some
@given(EVENTS.filter(bool), st.integers(0, 60), st.booleans())
def test_news_behind_all_else_moves_what_it_would_have_moved(events, cut, honest):
    if honest:  # clocks are right, and no two reports are of one event
        events = [replace(e, received_at=e.occurred_at, key=f"{n:016x}") for n, e in enumerate(events)]
    new = [e for e in events if e.occurred_at > hours(cut * 5)]
    if new:
        same_moves(Told([e for e in events if e not in new], new, []))


@some
@given(EVENTS.filter(bool), st.randoms(use_true_random=False))
def test_so_does_news_from_anywhere(events, random):
    new = [e for e in events if random.random() < 0.5] or events[:1]
    same_moves(Told([e for e in events if e not in new], new, []))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda part: st.lists(part) | st.dictionaries(st.text(), part),
    )
)
def test_what_is_storable_is_stored_as_it_is_from_then_on(value):
    kept = storable(value)

    assert storable(kept) == kept
    assert "\x00" not in repr(kept)


@given(st.text(), st.integers(1, 20))
def test_what_fits_is_short_and_can_be_encoded(text, most):
    kept = fit(text, most)

    assert len(kept) <= most
    assert "\x00" not in kept
    kept.encode()
