"""Who is doing it, for the audit."""

from __future__ import annotations

from ipaddress import ip_address

from tenants.access import MemberRequest
from tenants.services import Actor
from tracking.guesses import client_address


def actor_of(request: MemberRequest) -> Actor:
    return Actor(f"user:{request.user.pk}", request.member.role, _address(request))


def _address(request: MemberRequest) -> str | None:
    """None where a proxy passed on something that is no address."""
    said = client_address(request)
    try:
        return str(ip_address(said))
    except ValueError:
        return None
