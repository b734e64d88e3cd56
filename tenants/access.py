"""Who may open what: roles, and the door every console page has."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse

from tenants.isolation import shop_context
from tenants.middleware import ShopRequest
from tenants.models import Membership, Role, User

View = Callable[..., HttpResponse]


class MemberRequest(ShopRequest):
    """A request by a signed-in member of `shop`."""

    user: User
    member: Membership


def members(role: Role, *, bound: bool = True) -> Callable[[View], View]:
    """Open a console page to members of at least `role`; to anyone else it does not exist.

    The view gets the shop's slug from the URL, and runs inside `shop_context`, so that it sees this shop's
    rows only; an answer of 500 or more is rolled back. With `bound=False` the view opens the context itself,
    in short pieces: for views that call the outside world.
    """

    def door(view: View) -> View:
        @wraps(view)
        def opened(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            member = (
                Membership.objects.filter(user=request.user, shop__slug=slug, shop__suspended_at=None)
                .select_related("shop")
                .first()
            )
            if member is None or not Role(member.role).includes(role):
                raise Http404
            request.member = member  # type: ignore[attr-defined]
            request.shop = member.shop  # type: ignore[attr-defined]
            if not bound:
                return view(request, *args, **kwargs)
            return in_shop_transaction(member.shop_id, lambda: view(request, *args, **kwargs))

        opened.least_role = role  # type: ignore[attr-defined]
        return opened

    return door


def in_shop_transaction(shop_id: int, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """Run `answer` bound to the shop. Half-done work behind an answer of 500 or more is not kept."""
    with shop_context(shop_id):
        response = answer()
        if isinstance(response, SimpleTemplateResponse):
            response.render()
        if response.status_code >= 500:
            transaction.set_rollback(True)
        return response
