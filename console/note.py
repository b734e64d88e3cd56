"""An agent's note to the carrier about an order's parcel: written here, handed over and followed like any request."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from console import faults
from console.actor import actor_of
from console.order import find
from tenants.access import MemberRequest, members
from tenants.models import Role
from tracking.change_form import MOST, plain
from tracking.services.changes import add_note
from tracking.services.incoming import Refused


@members(Role.AGENT)
@never_cache
@require_POST
def note(request: MemberRequest, pk: int) -> HttpResponse:
    order = find(request, pk)
    text = plain(request.POST.get("text", ""), MOST["text"])
    said = request.POST.get("shipment", "")
    if not text:
        messages.error(request, _("Write what the carrier should know."))
        return redirect("console:order", request.shop.slug, pk)
    try:
        add_note(
            shop=request.shop, order=order, shipment_id=int(said) if said.isdecimal() and len(said) < 19 else None,
            text=text, by=actor_of(request), now=timezone.now(),
        )  # fmt: skip
    except Refused as refused:
        messages.error(request, faults.sentence(refused))
    else:
        messages.success(request, _("Noted. Below “Delivery requests” you see when the carrier has it."))
    return redirect("console:order", request.shop.slug, pk)
