"""What a mail said then, kept small: deflated against the page it was filled into, which many mails share, and against
its own plain text, which has the same names and addresses."""

from __future__ import annotations

import hashlib
import zlib
from functools import lru_cache
from typing import Any

from django.db.models import Exists, OuterRef

from notifications.models import Layout, Message
from notifications.types import Outgoing
from tenants.remembering import remembered

WINDOW = 32 * 1024  # bytes a dictionary of deflate can have; the end of the page counts


def as_columns(shop_id: int, outgoing: Outgoing) -> dict[str, Any]:
    """The columns of the message that keep its page. Runs in the shop's context; what is secret in it is not kept."""
    if not outgoing.html or not outgoing.layout or outgoing.hidden:
        return {}
    layout_id = _layout(shop_id, outgoing.layout)
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -15, zdict=_dictionary(outgoing.layout, outgoing.text))
    return {"layout_id": layout_id, "body": squeeze.compress(outgoing.html.encode()) + squeeze.flush()}


def html_of(message: Message) -> str:
    """The page as it was sent; empty where none was kept. Runs in the shop's context."""
    if not message.body or message.layout_id is None:
        return ""
    found = Layout.objects.for_shop(message.shop_id).filter(pk=message.layout_id).first()
    if found is None:
        return ""
    layout = zlib.decompress(bytes(found.source)).decode()
    swell = zlib.decompressobj(-15, zdict=_dictionary(layout, message.text))
    return (swell.decompress(bytes(message.body)) + swell.flush()).decode()


def _dictionary(layout: str, text: str) -> bytes:
    return (layout.encode() + text.encode())[-WINDOW:]


@lru_cache(maxsize=4096)
def _digest(layout: str) -> str:
    return hashlib.sha256(layout.encode()).hexdigest()[:32]


@remembered
def _layout(shop_id: int, layout: str) -> int:
    digest = _digest(layout)
    # Held until the message that refers to it is written: `forget_layouts` leaves it alone.
    held = Layout.objects.for_shop(shop_id).filter(digest=digest).select_for_update(no_key=True)
    found = held.values_list("pk", flat=True).first()
    if found is None:
        Layout.objects.bulk_create(
            [Layout(shop_id=shop_id, digest=digest, source=zlib.compress(layout.encode(), 9))],
            ignore_conflicts=True,
        )
        found = Layout.objects.for_shop(shop_id).values_list("pk", flat=True).get(digest=digest)
    return int(found)


def forget_layouts(shop_id: int) -> int:
    """Pages no kept message refers to any more, and none is being kept with; how many. Runs in the shop's context."""
    used = Message.objects.for_shop(shop_id).filter(layout_id=OuterRef("pk"))
    unused = Layout.objects.for_shop(shop_id).filter(~Exists(used))
    ids = list(unused.select_for_update(skip_locked=True).values_list("pk", flat=True))
    # Looked at again: one may have been referred to before it was locked.
    count, _by_model = unused.filter(pk__in=ids).delete() if ids else (0, {})
    return count
