"""Which other sites may show a shop's widget: their origins, as a content security policy names them."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from tenants import audit
from tenants.domains import is_address, plain_host
from tenants.models import Brand, Shop
from tenants.services import Actor

MOST = 10
LOOPBACK = ("localhost", "127.0.0.1")  # somebody who builds the site, on his own machine


def plain_origin(said: str) -> str:
    """`https://shop.example`, with a port where it has one of its own. Raises ValidationError.

    It stands in a header: nothing but a name and a port comes through.
    """
    said = said.strip()
    try:
        parts = urlsplit(said if "://" in said else f"https://{said}")
        name, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _no_origin(said) from error
    if parts.username or parts.password or parts.scheme not in ("https", "http"):
        raise _no_origin(said)
    if name in LOOPBACK:
        return f"{parts.scheme}://{name}{f':{port}' if port else ''}"
    if parts.scheme != "https" or is_address(name):
        raise _no_origin(said)
    try:
        host = plain_host(name, ours=())
    except ValidationError as error:
        raise _no_origin(said) from error
    return f"https://{host}{f':{port}' if port and port != 443 else ''}"


def _no_origin(said: str) -> ValidationError:
    return ValidationError(
        _("“%(said)s” is not the address of a site: write it like https://www.your-shop.com.")
        % {"said": said[:80]}
    )


@transaction.atomic
def set_frames(*, shop: Shop, said: Iterable[str], by: Actor) -> list[str]:
    """Let these sites show the widget, and no others; return them as kept. Safe to repeat. Raises ValidationError."""
    origins = list(dict.fromkeys(plain_origin(one) for one in said if one.strip()))
    if len(origins) > MOST:
        raise ValidationError(_("No more than %(count)d sites, please.") % {"count": MOST})
    brand: Brand = Brand.objects.for_shop(shop).select_for_update().defer("logo").get()
    before = list(brand.frames)
    if origins != before:
        Brand.objects.for_shop(shop).update(frames=origins)
        audit.record(
            shop=shop, actor=by.name, role=by.role, address=by.address, action="widget.sites",
            before={"sites": before}, after={"sites": origins},
        )  # fmt: skip
    return origins
