"""A parcel that stands in the place of another: the order has a new tracking number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from carriers.types import Status
from tracking import moments
from tracking.models import Order, Shipment, Transition
from tracking.services.announcing import after_commit
from tracking.services.refolding import Cause, Passed, happened, write
from tracking.states import OVER

ENDED = (
    Status.DELIVERED,
    Status.RETURNED,
    Status.CANCELLED,
)  # what became of it is known: nothing replaces it


def note_removed(*, shop_id: int, gone: Shipment, cause: Cause, now: datetime) -> None:
    """A parcel was taken off its order: one added after it has its place; where there is none left, the next one will.

    Runs in the transaction that removes it, in the shop's context, with the order locked.
    """
    if gone.direction != "outbound" or gone.status in ENDED:
        return
    others = Shipment.objects.for_shop(shop_id).filter(order_id=gone.order_id, direction="outbound")
    left = list(others.exclude(status=Status.CANCELLED).order_by("pk").values_list("pk", flat=True))
    if left and left[-1] > gone.pk:
        _write(shop_id, {gone.order_id: moments.number_said(left[-1])}, cause, now)
    elif not left:
        _write(shop_id, {gone.order_id: moments.NUMBER_GONE}, cause, now)


def note_added(*, shop_id: int, parcels: Sequence[tuple[int, int]], cause: Cause, now: datetime) -> None:
    """Parcels, as order and shipment, that are now the only ones of their orders: of those that lost one before, the
    number is another. Two statements, however many. Runs as `note_removed`."""
    if not parcels:
        return
    lost = set(
        Transition.objects.for_shop(shop_id)
        .filter(
            order_id__in={order_id for order_id, _id in parcels}, kind="moment", after=moments.NUMBER_GONE
        )
        .values_list("order_id", flat=True)
    )
    _write(shop_id, {o: moments.number_said(pk) for o, pk in parcels if o in lost}, cause, now)


def _write(shop_id: int, said: Mapping[int, str], cause: Cause, now: datetime) -> None:
    if not said:
        return
    orders = Order.objects.for_shop(shop_id).filter(pk__in=said).exclude(state__in=OVER)
    made: list[Passed] = []
    for order_id, version in orders.values_list("pk", "version"):
        # That a number is gone is news only once there is another.
        quiet = "history" if said[order_id] == moments.NUMBER_GONE else cause.quiet
        made.append(
            happened(
                shop_id, order_id, said[order_id], version=version + 1, quiet=quiet, cause=cause, now=now
            )
        )
    kept = write(made)
    after_commit(has_moved=any(t.announced_at is None for t in kept))
