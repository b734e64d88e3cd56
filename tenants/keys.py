"""API keys: how they look, how they are checked, what they may do."""

from __future__ import annotations

import secrets
import zlib
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tenants.isolation import shop_context
from tenants.models import ApiKey, KeyHash, Shop, User
from tenants.vault import digest

PREFIX = "rastro_live_"
SCOPES: dict[str, Any] = {
    "orders:read": _("Read orders, shipments and events"),
    "orders:write": _("Create and update orders and shipments"),
    "events:write": _("Post events of one's own"),
    "offers:read": _("Look at coupons"),
    "offers:write": _("Bring products, coupons used and who wants offers"),
}
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz"


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"[:6]


def new_secret() -> str:
    """A key a person can recognise (8 characters in clear) and nobody can guess (32 more, 180 bits).

    Its last six characters are a checksum: a mistyped key is refused without a query.
    """
    body = PREFIX + "".join(secrets.choice(ALPHABET) for _i in range(8)) + "_"
    body += "".join(secrets.choice(ALPHABET) for _i in range(32))
    return body + _checksum(body)


def is_well_formed(secret: str) -> bool:
    return secret.startswith(PREFIX) and secret[-6:] == _checksum(secret[:-6])


@transaction.atomic
def issue(
    *, shop: Shop, name: str, scopes: list[str], by: User | None, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a key for the shop of this context; the secret is returned once and kept nowhere."""
    secret = new_secret()
    key = ApiKey.objects.create(
        shop=shop,
        name=name,
        prefix=secret[: len(PREFIX) + 8],
        key_hash=digest(secret),
        scopes=[s for s in SCOPES if s in scopes],
        created_by=by,
        expires_at=expires_at,
    )
    KeyHash.objects.create(hash=key.key_hash, shop=shop, kind="api")
    return key, secret


@transaction.atomic
def revoke(*, key: ApiKey, now: datetime) -> None:
    """From now on the key opens nothing. Safe to repeat."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)
    KeyHash.objects.filter(hash=key.key_hash).delete()


def live_key(secret: str, now: datetime) -> ApiKey | None:
    """The key this secret is, with its shop; None for any that is wrong, expired or revoked."""
    if not is_well_formed(secret):
        return None
    owner = (
        KeyHash.objects.filter(hash=digest(secret), kind="api", shop__suspended_at=None)
        .select_related("shop")
        .first()
    )
    if owner is None:
        return None
    with shop_context(owner.shop_id):
        key: ApiKey | None = ApiKey.objects.for_shop(owner.shop).filter(key_hash=owner.hash).first()
        if key is None or not key.is_live(now):
            return None
        if key.last_used_at is None or now - key.last_used_at > timedelta(minutes=1):
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    key.shop = owner.shop
    return key


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer rastro_live_…`."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        scheme, _sep, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = live_key(secret.strip(), timezone.now())
        if key is None:
            raise AuthenticationFailed(
                _("This API key is not valid: check it for typing errors, or make a new one.")
            )
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class HasScope(BasePermission):
    """A view names the scopes it wants: `scopes = {"GET": "orders:read", "POST": "orders:write"}`."""

    message = _("This API key may not do that: it lacks the scope this call needs.")

    def has_permission(self, request: Request, view: Any) -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            return False
        wanted = view.scopes.get(request.method or "")
        return wanted is not None and wanted in key.scopes
