"""Where "No offers, only my parcels" leads: the orders' own messages go on."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from notifications.links import read_no_offers
from notifications.mail_pages import page_of
from notifications.services.marketing_choices import person_of, record, said_by
from tenants.isolation import shop_context
from tenants.middleware import ShopRequest
from tracking.doors import from_our_own_pages, private
from tracking.frame import choose_language
from tracking.models import Order


@from_our_own_pages
@require_http_methods(["GET", "HEAD", "POST"])
@private
def no_offers(request: ShopRequest, key: str) -> HttpResponse:
    """GET asks, since programs open links; POST does it. One click more takes it back."""
    order_id = read_no_offers(request.shop, key)
    with shop_context(request.shop.pk):
        order = Order.objects.for_shop(request.shop).filter(pk=order_id or 0, erased_at=None).first()
        if order is None or not person_of(order):
            raise Http404
        language = choose_language(request.shop, order.language)
        with translation.override(language):
            person = person_of(order)
            if request.method == "POST":
                wanted = "yes" in request.POST
                record(shop=request.shop, person=person, wanted=wanted, source="link", at=timezone.now())
            said = said_by(request.shop, {person}).get(person)
            told = {"said": said, "answered": request.method == "POST"}
            return page_of(request, "tracking/no_offers.html", told, language, _("No offers"))
