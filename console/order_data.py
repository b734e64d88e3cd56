"""A customer's data, for somebody of the shop whom the customer asked: given out, or erased."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.actor import actor_of
from console.order import find
from tenants.access import MemberRequest, members
from tenants.models import Role
from tracking.models import Order
from tracking.services import privacy


@members(Role.ADMIN)
@never_cache
@require_safe
def data(request: MemberRequest, pk: int) -> HttpResponse:
    return _show(request, find(request, pk))


def _show(request: MemberRequest, order: Order, fault: str = "", status: int = 200) -> HttpResponse:
    context = {
        "order": order,
        "held": privacy.held(request.shop, order),
        "is_over": order.state in privacy.OVER,
        "fault": fault,
    }
    return render(request, "console/order_data.html", context, status=status)


@members(Role.ADMIN)
@never_cache
@require_POST
def export(request: MemberRequest, pk: int) -> HttpResponse:
    """A POST, since it is told to the audit."""
    order = find(request, pk)
    language = order.language if order.language in request.shop.languages else request.shop.language
    content = privacy.export(request.shop, order, language=language, now=timezone.now())
    privacy.note_export(shop=request.shop, order=order, by=actor_of(request))
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{request.shop.slug}-{order.pk}.zip"'
    return response


@members(Role.ADMIN)
@never_cache
@require_POST
def erase(request: MemberRequest, pk: int) -> HttpResponse:
    """Only with the order's number written out: it cannot be undone."""
    order = find(request, pk)
    if request.POST.get("number", "").strip().lstrip("#") != order.number.lstrip("#"):
        return _show(request, order, _("Write the order’s number, so that it is the right one."), status=422)
    if privacy.ask_to_erase(shop=request.shop, order=order, by=actor_of(request), now=timezone.now()):
        messages.success(request, _("The customer’s data are erased."))
    else:
        messages.success(request, _("Noted: the data are erased as soon as the order is over."))
    return redirect("console:order", request.shop.slug, pk)
