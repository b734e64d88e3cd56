"""Leaves word for the package above: somebody must be told something, once."""

from __future__ import annotations

from collections.abc import Mapping

from tenants.rows import insert
from tenants.vault import seal
from tracking.models import Notice, Order
from tracking.notices import KINDS
from tracking.services.announcing import after_commit


def tell(
    *,
    order: Order,
    kind: str,
    key: str,
    recipient: str,
    channel: str = "email",
    language: str = "",
    about: Mapping[str, str] | None = None,
    secret: Mapping[str, str] | None = None,
    reply_key: str = "",
) -> bool:
    """Have `recipient` told; False where there is nobody to tell, or it was told already (by `key`).

    Runs in the transaction of what it tells of, in the shop's context. `about` fills in the words (names in
    tracking.notices.KINDS); `secret` is sealed, and emptied once handed over. `language`: the order's unless said.
    """
    told = dict(about or {})
    if unknown := set(told) - set(KINDS[kind].about):
        raise ValueError(f"a notice of {kind} says nothing about {', '.join(sorted(unknown))}")
    if not recipient:
        return False
    row = {
        "shop_id": order.shop_id,
        "order": order.pk,
        "kind": kind,
        "key": key,
        "channel": channel,
        "recipient": recipient,
        "language": language or order.language,
        "about": told,
        "sealed": seal(secret) if secret else "",
        "reply_key": reply_key,
    }
    made = insert(Notice, list(row), [list(row.values())], once=True, returning=["id"])
    after_commit(has_moved=True)
    return bool(made)
