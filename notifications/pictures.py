"""Pictures in mails: where each is, below an address nobody can guess, and who may be shown what."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.core.cache import cache

from notifications.fronts import Front
from notifications.models import Picture
from tenants.models import Shop
from tracking.models import Order

_MAP, _CODE = "notifications.map", "notifications.code"
ENDINGS = {"png": "png", "jpeg": "jpg"}
KEPT_S = 3600  # for how long its size is remembered; pictures never change, they are only removed


@dataclass(frozen=True, slots=True)
class Size:
    digest: str
    kind: str
    width: int
    height: int


def size_of(shop_id: int, digest: str) -> Size | None:
    """None for a picture that is not there (any more). Runs in the shop's context."""
    if not digest:
        return None
    key = f"picture:{shop_id}:{digest}"
    known = cache.get(key)
    if known is None:
        known = (
            Picture.objects.for_shop(shop_id)
            .filter(digest=digest)
            .values_list("kind", "width", "height")
            .first()
        )
        if known is None or not known[1] or not known[2]:
            return None
        cache.set(key, known, KEPT_S)
    return Size(digest, *known)


def url_of(front: Front, picture: Size) -> str:
    return f"{front.pictures}/mail/picture/{picture.digest}.{ENDINGS[picture.kind]}"


def map_url(front: Front, order: Order, *, for_others: bool = False) -> str:
    """It shows where the parcel is when the mail is opened. `for_others`: for who is not its customer."""
    key = signing.Signer(salt=_MAP).sign_object([order.shop_id, order.pk, int(for_others)])
    return f"{front.pictures}/mail/map/{key}.png"


def code_url(front: Front, order: Order, shipment_id: int) -> str:
    """Of the code a parcel is collected with. The code is not in the address: addresses are written down on the way."""
    key = signing.Signer(salt=_CODE).sign_object([order.shop_id, order.pk, shipment_id])
    return f"{front.pictures}/mail/code/{key}.png"


def read_map(shop: Shop, key: str) -> tuple[int, bool] | None:
    """The order, and whether for others; None for what we did not sign, or signed for another shop."""
    read = _read(shop, key, _MAP)
    return (read[0], bool(read[1])) if read else None


def read_code(shop: Shop, key: str) -> tuple[int, int] | None:
    """The order and the parcel."""
    return _read(shop, key, _CODE)


def _read(shop: Shop, key: str, salt: str) -> tuple[int, int] | None:
    try:
        shop_id, order_id, more = signing.Signer(salt=salt).unsign_object(key)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return (int(order_id), int(more)) if shop_id == shop.pk else None
