"""A customer's own data: what is kept and until when, given out, erased."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tenants.services import Actor
from tracking.doors import see_other
from tracking.proof import Trust
from tracking.services import privacy
from tracking.subpages import Visit, below_the_page, show

SHOPPER = Actor("shopper")


@below_the_page("GET", "HEAD", needs=Trust.PROVED)
def data(request: HttpRequest, visit: Visit) -> HttpResponse:
    return _page(visit)


def _page(visit: Visit, *, error: str = "", status: int = 200) -> HttpResponse:
    order = visit.order
    is_over = order.state in privacy.OVER
    until = visit.clock.date_of(order.state_since + timedelta(days=visit.shop.keep_days))
    told = {
        "held": privacy.held(visit.shop, order),
        "until": visit.clock.day(until) if is_over else "",
        "days": visit.shop.keep_days,
        "is_over": is_over,
        "is_asked": order.erase_asked_at is not None,
        "error": error,
    }
    return show(
        visit, "tracking/data.html", told, title=_("Your data"), status=status, css=["page-after.css"]
    )


@below_the_page("GET", "HEAD", needs=Trust.FRESH)
def file(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All of it, in one file."""
    content = privacy.export(visit.shop, visit.order, language=visit.language, now=visit.clock.now)
    response = HttpResponse(content, content_type="application/zip")
    name = "".join(c for c in visit.order.number if c.isascii() and (c.isalnum() or c in "-_"))
    response["Content-Disposition"] = f'attachment; filename="{visit.shop.slug}-{name or visit.order.pk}.zip"'
    return response


@below_the_page("GET", "HEAD", "POST", needs=Trust.FRESH)
def erase(request: HttpRequest, visit: Visit) -> HttpResponse:
    """GET, where who came here proved it is them: the page that asks. POST erases."""
    if request.method != "POST":
        return see_other(f"{visit.path('page_data')}#erase")
    if request.POST.get("understood") != "on":
        return _page(visit, error=_("Say that you know it cannot be undone."), status=422)
    done = privacy.ask_to_erase(shop=visit.shop, order=visit.order, by=SHOPPER, now=visit.clock.now)
    if not done:
        return see_other(f"{visit.path('page_data')}#erase")
    return show(visit, "tracking/data_gone.html", {}, title=_("Your data are gone"), css=["page-after.css"])
