"""A link to pass on: to the page as it may be seen by whom the order is a present for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tracking.doors import see_other
from tracking.links import gift_url
from tracking.proof import Trust
from tracking.services.gifts import make_gift_link, revoke_gift_link
from tracking.subpages import Visit, below_the_page, show


@below_the_page("GET", "HEAD", "POST", needs=Trust.PROVED)
def gift(request: HttpRequest, visit: Visit) -> HttpResponse:
    """GET shows the link, or what it would be; POST makes one, or makes it void."""
    if request.method == "POST":
        if "revoke" in request.POST:
            revoke_gift_link(order=visit.order)
        else:
            make_gift_link(order=visit.order)
        return see_other(visit.path("page_gift"))
    url = gift_url(visit.shop, visit.order) if visit.order.gift_hash else ""
    return show(
        visit,
        "tracking/gift.html",
        {"url": url},
        title=_("Send as a gift"),
        css=["alerts.css"],
        js=["alerts.js"],
    )
