"""Which shop: the page after signing in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tenants.access import MemberRequest, members
from tenants.models import Membership, Role


@require_safe
@never_cache
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """Let a member of several shops choose one; the member of a single one goes on to its orders."""
    memberships = list(
        Membership.objects.filter(user_id=request.user.pk or 0, shop__suspended_at=None)
        .select_related("shop")
        .order_by("shop__name", "pk")
    )
    if len(memberships) == 1:
        return redirect("console:orders", memberships[0].shop.slug)
    return render(request, "console/shops.html", {"memberships": memberships})


@require_safe
@members(Role.VIEWER)
def home(request: MemberRequest) -> HttpResponse:
    """`/console/<slug>/` is where people type themselves to: on to the orders."""
    return redirect("console:orders", request.shop.slug)
