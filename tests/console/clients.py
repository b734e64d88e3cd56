"""Browsers of members, on the installation's own host."""

from __future__ import annotations

from django.conf import settings
from django.test import Client

from tenants.models import Role, Shop
from tests import make


def visitor() -> Client:
    return Client(HTTP_HOST=settings.SITE_HOSTS[0])


def signed_in(of: Shop, role: Role = Role.AGENT) -> Client:
    """A new member of the shop, signed in."""
    client = visitor()
    client.force_login(make.member(of, role).user)
    return client
