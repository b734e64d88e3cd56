"""Programs that ask the API with a key."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.test import Client

from tenants import keys
from tenants.isolation import shop_context
from tenants.models import Shop

ALL = ("orders:read", "orders:write", "events:write", "offers:read", "offers:write")


def secret_of(shop: Shop, *scopes: str) -> str:
    with shop_context(shop.pk):
        _key, secret = keys.issue(shop=shop, name="ERP", scopes=list(scopes or ALL), by=None)
    return secret


class Caller:
    """Speaks JSON; `path` is below /api/v1."""

    def __init__(self, shop: Shop, *scopes: str) -> None:
        host = settings.SITE_HOSTS[0]
        self.client = Client(
            headers={"host": host, "authorization": f"Bearer {secret_of(shop, *scopes)}"},
            raise_request_exception=False,
        )

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1{path}", query)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("post", path, body, headers)

    def patch(self, path: str, body: Any) -> Any:
        return self._send("patch", path, body, {})

    def put(self, path: str, body: Any) -> Any:
        return self._send("put", path, body, {})

    def delete(self, path: str) -> Any:
        return self.client.delete(f"/api/v1{path}")

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body if body is not None else {})
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return getattr(self.client, method)(
            f"/api/v1{path}", data, content_type="application/json", headers=named
        )
