"""What every page below an order's has: the order, its shop's frame, and how far the reader is trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods

from tenants.isolation import shop_context
from tenants.middleware import ShopRequest
from tenants.models import Brand, Shop
from tenants.vault import digest
from tracking import proof
from tracking.doors import from_our_own_pages, private, see_other
from tracking.frame import Frame, choose_language, frame_of, framed
from tracking.models import Order
from tracking.proof import Trust
from tracking.when import Clock, locale_for, zone_for

ALWAYS_CSS, ALWAYS_JS = ("page-more.css",), ("page-more.js",)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request below an order's page. `token_hash`: of the key in its address. `query`: "?lang=fr", where
    a language was asked for, to be carried along in every link; else empty."""

    shop: Shop
    order: Order
    token: str
    token_hash: str
    trust: Trust
    language: str
    query: str
    frame: Frame
    clock: Clock
    page_path: str  # of the order's own page, as the reader opened it: their proof is kept for it and below

    @property
    def is_gift(self) -> bool:
        return self.trust is Trust.GIFT

    @property
    def page_url(self) -> str:
        return self.page_path + self.query

    def path(self, name: str, *args: object) -> str:
        """Of another page below the order's, in the same language."""
        below = reverse(name, args=[self.token, *args]).split(f"{self.token}/", 1)[1]
        return f"{self.page_path}{below}{self.query}"


View = Callable[..., HttpResponse]


def below_the_page(
    *methods: str, needs: Trust = Trust.LINK, for_gifts: bool = False
) -> Callable[[View], View]:
    """A view `(request, visit, …)` at `t/<token>/…`, in one transaction of the shop's and in the reader's language.

    Who is trusted less than `needs` is sent where they can prove more, and back here afterwards. The gift link
    leads to no page but those `for_gifts`. Nobody keeps the answer; no form of another site is taken.
    """

    def decorate(view: View) -> View:
        @from_our_own_pages
        @require_http_methods(list(methods or ("GET", "HEAD")))
        @private
        @wraps(view)
        def shown(request: ShopRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponse:
            with shop_context(request.shop.pk):
                visit = _visit(request, token)
                if visit.is_gift and not for_gifts:
                    raise Http404
                with translation.override(visit.language):
                    if visit.trust < needs:
                        return _to_prove(request, visit, needs)
                    response = view(request, visit, *args, **kwargs)
            patch_vary_headers(response, ["Cookie"])
            return response

        return shown

    return decorate


def _visit(request: ShopRequest, token: str) -> Visit:
    shop, token_hash = request.shop, digest(token)
    orders = Order.objects.for_shop(shop)
    order = orders.filter(token_hash=token_hash).first() or orders.filter(gift_hash=token_hash).first()
    if order is None:
        raise Http404
    now = timezone.now()
    trust = proof.trust_of(request, token_hash, now) if order.token_hash == token_hash else Trust.GIFT
    asked = request.GET.get("lang", "").lower()
    language = choose_language(shop, asked, order.language)
    brand = Brand.objects.for_shop(shop).defer("logo").get()
    zone = zone_for(
        country=order.country,
        postal_code=order.postal_code,
        shop_country=shop.country,
        shop_zone=shop.time_zone,
    )
    return Visit(
        shop=shop,
        order=order,
        token=token,
        token_hash=token_hash,
        trust=trust,
        language=language,
        query=f"?lang={language}" if asked == language else "",
        frame=frame_of(shop, brand, prefix=request.shop_prefix, language=language),
        clock=Clock(now, zone, locale_for(language, shop.country)),
        page_path=request.path.split(token, 1)[0] + f"{token}/",
    )


def _to_prove(request: HttpRequest, visit: Visit, needs: Trust) -> HttpResponse:
    then = request.path[len(visit.page_path) :]
    also = "&" if visit.query else "?"
    if needs is Trust.FRESH:
        return see_other(f"{visit.path('page_code')}{also}next={then}")
    return see_other(f"{visit.page_url}{also}next={then}#prove")


def show(
    visit: Visit,
    template: str,
    told: Mapping[str, Any],
    *,
    title: str,
    status: int = 200,
    css: Sequence[str] = (),
    js: Sequence[str] = (),
) -> HttpResponse:
    """A page in the shop's frame. `template` is given `visit`, `frame` and `told`; extends nothing.

    `css`, `js`: files of static/css and static/js this page needs besides those all pages below have.
    """
    content = render_to_string(template, {"visit": visit, "frame": visit.frame, **told})
    html = framed(
        visit.frame,
        title=title,
        content=content,
        live=False,
        css=(*ALWAYS_CSS, *css),
        js=(*ALWAYS_JS, *js),
    )
    response = HttpResponse(html, status=status)
    response._csp_update = {"style-src": [visit.frame.style.csp]}  # type: ignore[attr-defined]
    return response
