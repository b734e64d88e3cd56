"""Who of the shop's members can look after a ticket."""

from __future__ import annotations

from collections.abc import Mapping

from tenants.models import Membership, Role, Shop


def agents_of(shop: Shop) -> Mapping[int | None, str]:
    """Their names by id: all members but those who only look."""
    members = Membership.objects.filter(shop=shop).exclude(role=Role.VIEWER).select_related("user")
    return {m.user_id: m.user.get_full_name() for m in members.order_by("user__name", "user_id")}
