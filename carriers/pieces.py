"""What a scan of some of its parcels means for a shipment of several: it is where its slowest parcel is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from carriers.reading import sub_status_of
from carriers.types import Scan, Status, SubStatus

# A parcel in trouble holds all of them back: that is what the shopper and the shop need to see.
_PROGRESS = {
    Status.EXCEPTION: 0,
    Status.FAILED_ATTEMPT: 0,
    Status.RETURNING: 0,
    Status.PENDING: 1,
    Status.INFO_RECEIVED: 1,
    Status.IN_TRANSIT: 2,
    Status.OUT_FOR_DELIVERY: 3,
    Status.AVAILABLE_FOR_PICKUP: 4,
    Status.DELIVERED: 5,
    Status.RETURNED: 5,
    Status.CANCELLED: 5,
    Status.EXPIRED: 5,
}
_KEPT_IN_TIMELINE = SubStatus.DATA_UPDATED
# Said of a parcel wherever it is: no place.
_NOTES = frozenset(
    {
        SubStatus.DATA_UPDATED,
        SubStatus.DELIVERY_DATE_SET,
        SubStatus.DELIVERY_RESCHEDULED,
        SubStatus.REDIRECTED,
        SubStatus.ADDRESS_CORRECTED,
        SubStatus.DELAYED_OPERATIONS,
        SubStatus.DELAYED_WEATHER,
        SubStatus.DELAYED_CUSTOMS,
        SubStatus.DELAYED_EXTERNAL,
    }
)
_MOST_STEPS = 500_000  # a shipment of more parcels and scans than this is no shipment


def as_one(
    scans: Sequence[tuple[Scan, frozenset[str]]], parcels: frozenset[str], statuses: Mapping[str, SubStatus]
) -> tuple[Scan, ...]:
    """The scans, oldest first, each read as what it says of the whole shipment.

    A scan comes with the parcels it is about; none named means all. One that runs ahead of the slowest
    parcel keeps its words and moves nothing; one that frees the slowest says where all have now got to.
    A reading depends on earlier scans only, so asking again later does not change it. A scan of some
    parcels gets an identity of its own: two delivered within a minute are two events.
    """
    if len(parcels) < 2 or len(parcels) * len(scans) > _MOST_STEPS:
        return tuple(scan for scan, _ in scans)
    where = dict.fromkeys(sorted(parcels), _KEPT_IN_TIMELINE)
    told: list[Scan] = []
    for one, about in scans:
        scan = _named(one, about) if about & parcels != parcels and about else one
        sub = sub_status_of(scan, statuses)
        if sub is None or sub in _NOTES:
            told.append(scan)
            continue
        before = min(map(_progress, where.values()))
        for parcel in about & parcels or parcels:
            where[parcel] = sub
        slowest = min(where.values(), key=_progress)
        if _progress(sub) == _progress(slowest):
            told.append(scan._replace(reading=sub))
        else:
            freed = _progress(slowest) > before
            told.append(scan._replace(reading=slowest if freed else _KEPT_IN_TIMELINE))
    return tuple(told)


def _named(scan: Scan, about: frozenset[str]) -> Scan:
    words = "\x1f".join([*sorted(about), scan.code, scan.at.isoformat()])
    return scan._replace(scan_id=blake2b(words.encode(), digest_size=8).hexdigest())


def _progress(sub: SubStatus) -> int:
    return _PROGRESS[sub.status]
