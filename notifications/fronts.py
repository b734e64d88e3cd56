"""What all messages of a shop have in common: its look, its address, the steps of its orders."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import OuterRef, Subquery

from tenants.models import Brand, Host, Shop
from tenants.remembering import remembered
from tracking.models import ShopState


@dataclass(frozen=True, slots=True)
class Front:
    """`address`: where its pages are, without a slash at the end. `states`: the steps that shoppers see, in order."""

    brand: Brand
    address: str
    states: tuple[ShopState, ...] = ()

    @property
    def pictures(self) -> str:
        """Where the pictures in its mails are, without a slash at the end: on the installation's own host, which is
        there as long as the mails are."""
        return f"{settings.SITE_URL}/s/{self.brand.shop.slug}"


@remembered
def front_of(shop: Shop) -> Front:
    """Two queries, in the shop's context. Good for all of a batch."""
    host = Host.objects.filter(shop=OuterRef("shop"), primary=True, verified_at__isnull=False).values("host")
    # The logo itself is served by its own address: no message carries it.
    brands = Brand.objects.for_shop(shop).defer("logo")
    brand: Brand = brands.annotate(host=Subquery(host[:1])).get()
    brand.shop = shop
    states = ShopState.objects.for_shop(shop).filter(visible=True, step=True)
    return Front(brand, _address(shop, brand.host), tuple(states))  # type: ignore[attr-defined]


def _address(shop: Shop, host: str | None) -> str:
    """As tracking.links.shop_url has it."""
    if host is None:
        return f"{settings.SITE_URL}/s/{shop.slug}"
    site = urlsplit(settings.SITE_URL)
    return f"{site.scheme}://{host}{f':{site.port}' if site.port else ''}"
