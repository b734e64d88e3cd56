"""Addresses of ours that others are given: a shopper's page, and where a carrier pushes."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from carriers.models import Account
from tenants.models import Host, Shop
from tenants.remembering import remembered
from tenants.vault import gift_token, page_token
from tracking.models import Order, Ticket


@remembered
def shop_url(shop: Shop) -> str:
    """Where the shop's pages are, without a slash at the end: on its own verified host, else on the
    installation's. One query; scheme and port are the installation's."""
    host = (
        Host.objects.filter(shop=shop, primary=True, verified_at__isnull=False)
        .values_list("host", flat=True)
        .first()
    )
    if host is None:
        return f"{settings.SITE_URL}/s/{shop.slug}"
    site = urlsplit(settings.SITE_URL)
    return f"{site.scheme}://{host}{f':{site.port}' if site.port else ''}"


def page_path(order: Order) -> str:
    """`/t/<token>/`, below the shop's address. Nobody without it can guess it."""
    return f"/t/{page_token(shop_id=order.shop_id, order_id=order.pk, turn=order.token_turn)}/"


def page_url(shop: Shop, order: Order) -> str:
    """The whole address of an order's page, as messages carry it."""
    return shop_url(shop) + page_path(order)


def gift_path(order: Order) -> str:
    """`/t/<token>/` of the same page for whom it is a present. Leads nowhere unless `order.gift_hash` is set."""
    return f"/t/{gift_token(order.token_hash, order.gift_turn)}/"


def gift_url(shop: Shop, order: Order) -> str:
    return shop_url(shop) + gift_path(order)


def push_url(shop: Shop, account: Account) -> str:
    """The address to give to the carrier. Its last part is as good as a password."""
    path = reverse("carrier_push", args=[shop.slug, account.carrier, account.hook_key])
    return f"{settings.SITE_URL}{path}"


def ticket_url(shop: Shop, ticket: Ticket) -> str:
    """Where the shop's agents read and answer it."""
    return f"{settings.SITE_URL}/console/{shop.slug}/inbox/{ticket.pk}/"


def agents_url(shop: Shop, below: str) -> str:
    """A page of the shop's console; `below` is its path there: "reviews/"."""
    return f"{settings.SITE_URL}/console/{shop.slug}/{below}"
