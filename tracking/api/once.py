"""The header Idempotency-Key: what was asked twice is done once, and answered the same."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.models import Shop
from tracking.api.problems import Conflict, Invalid, Malformed
from tracking.models import IdempotencyKey

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEPT = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that must not be done twice."""

    key: str
    request_hash: str


def asked(request: Request) -> Asked | None:
    """Raises Malformed. None where the request has no key."""
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return None
    if not _KEY.fullmatch(key):
        raise Malformed(_("Idempotency-Key: 1 to 128 letters, digits or signs, without spaces."))
    said = b"\n".join([request.method.encode(), request.get_full_path().encode(), request._request.body])
    return Asked(key, hashlib.sha256(said).hexdigest())


def answer_of(shop: Shop, request: Asked, now: datetime) -> Response | None:
    """The answer given before; None where this is the first time. Raises Conflict, Invalid.

    Whoever comes first holds a lock to the end of the transaction, which keeps the answer with what was done:
    if it fails or is killed, neither is there, and asking again begins anew.
    """
    if not _lock(shop, request.key):
        raise Conflict(_("The first request with this Idempotency-Key is being answered now."), wait=1)
    kept = IdempotencyKey.objects.for_shop(shop).filter(key=request.key).first()
    if kept is None:
        return None
    if kept.created_at <= now - KEPT:
        kept.delete()
        return None
    if kept.request_hash != request.request_hash:
        raise Invalid.because(
            HEADER, _("This key came with another request before: take a new one for a new request.")
        )
    said: Any = kept.response
    response = Response(json.loads(said["body"]), status=kept.status, headers={REPLAYED: "true"})
    if said["location"]:
        response["Location"] = said["location"]
    return response


def keep(shop: Shop, request: Asked, response: Response, now: datetime) -> None:
    """What failed is not kept: nothing was done, and it may be asked again."""
    if response.status_code >= 400:
        return
    # As text: jsonb would put the names in another order.
    said = {
        "body": JSONRenderer().render(response.data).decode(),
        "location": response.get("Location", ""),
    }
    IdempotencyKey.objects.create(
        shop=shop,
        key=request.key,
        request_hash=request.request_hash,
        status=response.status_code,
        response=said,
        created_at=now,
    )


def _lock(shop: Shop, key: str) -> bool:
    """Of two requests with the same key at once, one gets it."""
    number = int.from_bytes(hashlib.sha256(f"once:{shop.pk}:{key}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])
