"""Ask a carrier about a parcel now, because an agent wants to know."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from carriers.types import Outcome
from tenants.access import MemberRequest, members
from tenants.isolation import shop_context
from tenants.models import Role
from tracking.models import Shipment
from tracking.services.asking import ask_now
from tracking.services.groups import Asked

WHAT_CAME: dict[Outcome, Promise] = {
    Outcome.NOT_FOUND: gettext_lazy(
        "%(carrier)s does not know this number yet. That is normal for a day or two."
    ),
    Outcome.NOT_REGISTERED: gettext_lazy(
        "%(carrier)s has just been told of this number. Ask again in some minutes."
    ),
    Outcome.INVALID_NUMBER: gettext_lazy(
        "%(carrier)s does not accept this number. Compare it with the label."
    ),
    Outcome.AUTH_ERROR: gettext_lazy("%(carrier)s refuses your credentials. See to them under Carriers."),
    Outcome.RATE_LIMITED: gettext_lazy(
        "%(carrier)s has been asked too often just now. It is asked again by itself."
    ),
    Outcome.TRANSIENT: gettext_lazy(
        "%(carrier)s does not answer at the moment. It is asked again by itself."
    ),
    Outcome.BAD_RESPONSE: gettext_lazy(
        "%(carrier)s gave an answer that cannot be read. It is asked again by itself."
    ),
    Outcome.OTHER: gettext_lazy("%(carrier)s took note of the number. Ask again in some minutes."),
}


@require_POST
@members(Role.AGENT, bound=False)
@never_cache
def ask(request: MemberRequest, pk: int, shipment_pk: int) -> HttpResponse:
    """The carrier is asked outside any transaction. Sent twice, it is asked once: the second finds it leased."""
    shop = request.shop
    with shop_context(shop.pk):
        shipment = Shipment.objects.for_shop(shop).filter(pk=shipment_pk, order_id=pk).first()
    if shipment is None:
        raise Http404
    asked = ask_now(shop_id=shop.pk, shipment_ids=[shipment.pk], now=timezone.now())
    if not asked and shipment.account_id is None:
        messages.warning(
            request, _("There is nobody to ask: connect your account with the carrier under Carriers.")
        )
    elif not asked:
        messages.warning(request, _("It is being asked about at this moment: look again in half a minute."))
    elif asked[0].outcome is Outcome.FOUND:
        messages.success(request, _("%(carrier)s answered.") % {"carrier": asked[0].group.carrier.name})
    else:
        messages.warning(request, _said(asked[0]))
    return redirect("console:order", shop.slug, pk)


def _said(asked: Asked) -> str:
    words = str(WHAT_CAME[asked.outcome]) % {"carrier": asked.group.carrier.name}
    detail = asked.error.detail if asked.error else asked.answer.detail if asked.answer else ""
    return f"{words} ({detail})" if detail else words
