"""How the API describes itself: what drf-spectacular cannot know by looking."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from tracking.api import shapes
from tracking.api.problems import CONTENT_TYPE

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description=(
        "Of your making, one a request. The same request with the same key is done once, for 24 hours, and answered "
        "the same; with the header Idempotency-Replayed when it was done before."
    ),
)
ALWAYS = ("401", "403", "429", "503")
WITH_BODY = ("400", "413", "415", "422")


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "tenants.keys.ApiKeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        about = "An API key, made in the console. It belongs to one shop, and may do what its scopes say."
        return {"type": "http", "scheme": "bearer", "description": about}


class ShopSchema(AutoSchema):
    """Adds what every address of the API has: problems, and the header that makes a call safe to repeat."""

    def get_override_parameters(self) -> list[Any]:
        said = list(super().get_override_parameters())
        return [*said, IDEMPOTENCY] if self.method == "POST" else said

    def get_tags(self) -> list[str]:
        if any(name in self.path for name in ("/coupons", "/products", "/marketing-choices")):
            return ["Offers"]
        return ["Parcels" if "/shipments" in self.path or "/pickup-places" in self.path else "Orders"]

    def get_description(self) -> str:  # type: ignore[override]
        scopes: dict[str, str] = getattr(self.view, "scopes", {})
        about = " ".join((super().get_description() or "").split())
        return f"{about}\n\nScope: `{scopes[self.method]}`."

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction=direction)
        for code in self._problems():
            said = self._get_response_for_code(shapes.Problem, code, [CONTENT_TYPE])  # type: ignore[no-untyped-call]
            bodies.setdefault(code, said)
        return dict(sorted(bodies.items()))

    def _problems(self) -> list[str]:
        codes = [*ALWAYS]
        if "{" in self.path:
            codes += ["404", "409"]
        if self.method in ("POST", "PATCH", "PUT"):
            codes += [*WITH_BODY, "409"]
        if self.method == "GET":
            codes.append("422")
        return sorted(set(codes))
