"""Where a shopper says what it was like: stars, then a word; the unhappy are helped first."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tenants.models import Brand
from tracking.actions import carrier_name, web
from tracking.doors import see_other
from tracking.models import Review
from tracking.parcels import UNNAMED
from tracking.proof import Trust
from tracking.reviewing import MOST_NAME, MOST_TEXT, RATEABLE, is_unhappy
from tracking.services.reviews import NeedsProofError, Said, rate
from tracking.subpages import Visit, below_the_page, show


@below_the_page("GET", "HEAD", "POST")
def review(request: HttpRequest, visit: Visit) -> HttpResponse:
    """GET shows what was said so far; POST takes stars, or a word."""
    if visit.order.state not in RATEABLE or visit.order.erased_at:
        return see_other(visit.page_url)
    if request.method != "POST":
        # A star in a mail leads here with itself chosen; nothing is said before the form is sent.
        return _page(visit, chosen=_stars(request.GET.get("stars", "")))
    said = _said(request)
    if said == Said():
        return _page(visit, error=_("Choose how many stars you give first."), status=422)
    try:
        rate(
            shop=visit.shop, order=visit.order, said=said, language=visit.language,
            proved=visit.trust >= Trust.PROVED, now=visit.clock.now,
        )  # fmt: skip
    except NeedsProofError:
        return _page(visit, needs_proof=True, status=403)
    return see_other(visit.path("page_review"))


def _said(request: HttpRequest) -> Said:
    text = request.POST.get("text")
    return Said(
        shop_stars=_stars(request.POST.get("shop", "")),
        carrier_stars=_stars(request.POST.get("carrier", "")),
        text=text[: MOST_TEXT * 2] if text and text.strip() else None,
        name="" if request.POST.get("anonymous") else request.POST.get("name", "")[:MOST_NAME],
    )


def _stars(said: str) -> int | None:
    return int(said) if said in ("1", "2", "3", "4", "5") else None


def _page(
    visit: Visit,
    *,
    error: str = "",
    needs_proof: bool = False,
    chosen: int | None = None,
    status: int = 200,
) -> HttpResponse:
    kept: Review | None = Review.objects.for_shop(visit.shop).filter(order=visit.order).first()
    proved = visit.trust >= Trust.PROVED
    told = {
        "review": kept,
        "carrier": _carrier(visit, kept),
        "is_unhappy": kept is not None and is_unhappy(kept.shop_stars, kept.carrier_stars),
        "may_change": proved,
        "review_url": web(_public_url(visit)),
        "name": visit.order.customer_name.partition(" ")[0] if proved else "",
        "most": MOST_TEXT,
        "error": error,
        "chosen": chosen,
        "needs_proof": needs_proof,
    }
    return show(
        visit,
        "tracking/review.html",
        told,
        title=_("What it was like"),
        status=status,
        css=["page-after.css"],
    )


def _public_url(visit: Visit) -> str:
    """Where the shop would like the content to be read by others."""
    found = Brand.objects.for_shop(visit.shop).values_list("review_url", flat=True).first()
    return found or ""


def _carrier(visit: Visit, kept: Review | None) -> str:
    """Whose delivery is rated; empty where nobody known brought it."""
    if kept:
        return carrier_name(kept.carrier) if kept.carrier else ""
    brought = visit.order.shipments.filter(direction="outbound").exclude(delivered_at=None)
    named = brought.exclude(carrier__in=list(UNNAMED)).order_by("-delivered_at", "pk")
    code = named.values_list("carrier", flat=True).first()
    return carrier_name(code) if code else ""
