"""Who changed what: an append-only chain an edit would break."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from tenants.models import AuditEntry, Shop


def _seal(previous: str, fields: dict[str, Any]) -> str:
    said = json.dumps(fields, sort_keys=True, cls=DjangoJSONEncoder, separators=(",", ":"))
    return hashlib.sha256(f"{previous}|{said}".encode()).hexdigest()


def _sealed_fields(entry: AuditEntry) -> dict[str, Any]:
    names = ("actor", "role", "address", "action", "subject", "before", "after")
    return {name: getattr(entry, name) for name in names}


@transaction.atomic
def record(
    *,
    shop: Shop,
    actor: str,
    action: str,
    subject: str = "",
    role: str = "",
    address: str | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add an entry to the shop's chain, in the same transaction as what it tells of.

    `before` and `after` hold no personal data and no secrets. Entries of one shop are written one at a time.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('audit'), %s)", [shop.pk])
    last = AuditEntry.objects.for_shop(shop).order_by("-id").values_list("hash", flat=True).first() or ""
    entry = AuditEntry(
        shop=shop,
        actor=actor,
        role=role,
        address=address,
        action=action,
        subject=subject,
        before=before,
        after=after,
    )
    entry.previous_hash = last
    entry.hash = _seal(last, _sealed_fields(entry))
    entry.save(force_insert=True)
    return entry


def first_broken(shop: Shop) -> AuditEntry | None:
    """The first entry that is not what was written, or None when the chain holds."""
    previous = ""
    for entry in AuditEntry.objects.for_shop(shop).order_by("id").iterator():
        if entry.previous_hash != previous or entry.hash != _seal(previous, _sealed_fields(entry)):
            return entry  # type: ignore[no-any-return]
        previous = entry.hash
    return None
