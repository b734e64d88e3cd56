"""How the shop looks: its logo, colours, font, banner and links, seen on its page while they are chosen."""

from __future__ import annotations

import base64
from dataclasses import replace

from csp.constants import SELF
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from console import brand_blocks, faults
from console.actor import actor_of
from console.brand_colours import colours_in, readings
from console.brand_forms import LINKS, BrandForm
from console.brand_map import with_map
from console.previews import framed as framed_response
from console.sample import look_of, sample
from tenants.access import MemberRequest, members
from tenants.models import Brand, Role
from tenants.services import BRAND_FIELDS, Logo, change_brand
from tracking import pages
from tracking.frame import Logo as ShownLogo
from tracking.frame import frame_of, framed
from tracking.journey import Tongue
from tracking.proof import Trust
from tracking.sheet import sheet
from tracking.when import Clock, locale_for, zone_for

METHODS = ["GET", "HEAD", "POST"]


@members(Role.ADMIN)
@never_cache
@require_http_methods(METHODS)
def brand(request: MemberRequest) -> HttpResponse:
    held = Brand.objects.for_shop(request.shop).get()
    if request.method != "POST":
        return _show(request, held, BrandForm(brand=held))
    form = BrandForm(request.POST, request.FILES, brand=held)
    if form.is_valid():
        try:
            _save(request, form)
        except ValidationError as error:
            faults.put(form, error)
        else:
            messages.success(request, _("Saved. Your customers see it from now on."))
            return redirect("console:brand", request.shop.slug)
    return _show(request, held, form, status=422)


def _save(request: MemberRequest, form: BrandForm) -> None:
    change_brand(
        shop=request.shop,
        by=actor_of(request),
        fields=form.brand_fields(),
        logo=form.logo,
        remove_logo=form.cleaned_data["remove_logo"],
    )
    shop_id = request.shop.pk
    transaction.on_commit(lambda: pages.forget_look(shop_id), robust=True)


def _show(request: MemberRequest, held: Brand, form: BrandForm, status: int = 200) -> HttpResponse:
    colour, background = form.colours()
    context = {
        "form": form,
        "brand": held,
        "logo_url": f"/s/{request.shop.slug}/brand/{held.logo_hash}.png" if held.logo_hash else "",
        "suggested": colours_in(bytes(held.logo)) if held.logo else [],
        "readings": readings(colour, background),
        "links": [
            (form[f"{kind}_{n}_label"], form[f"{kind}_{n}_url"]) for kind in ("links",) for n in range(LINKS)
        ],
        "products": brand_blocks.rows(form),
        "places": brand_blocks.places(form),
        "social": [(form[f"social_{n}_label"], form[f"social_{n}_url"]) for n in range(LINKS)],
    }
    return render(request, "console/brand.html", context, status=status)


@members(Role.ADMIN)
@never_cache
@require_http_methods(METHODS)
def contrast(request: MemberRequest) -> HttpResponse:
    """How well the colours posted read; of the kept ones where those are none."""
    held = Brand.objects.for_shop(request.shop).defer("logo").get()
    form = BrandForm(request.POST or None, brand=held)
    return render(request, "console/_readings.html", {"readings": readings(*form.colours())})


@members(Role.ADMIN)
@never_cache
@require_http_methods(METHODS)
def preview(request: MemberRequest) -> HttpResponse:
    """The shopper's own page in the look posted, of a sample order. What cannot be taken stays as it is kept."""
    held: Brand = Brand.objects.for_shop(request.shop).get()
    logo = None
    if request.method == "POST":
        form = BrandForm(request.POST, request.FILES, brand=held)
        form.is_valid()
        for name, value in form.brand_fields().items():
            if name in BRAND_FIELDS:
                setattr(held, name, value)
        logo = form.logo
        if form.cleaned_data.get("remove_logo"):
            held.logo_hash = ""
    return _page(request, held, logo)


def _page(request: MemberRequest, look: Brand, logo: Logo | None) -> HttpResponse:
    shop, now = request.shop, timezone.now()
    snapshot = replace(sample(shop, now, with_map=bool(look.tile_url)), look=look_of(look))
    zone = zone_for(
        country=snapshot.order.country,
        postal_code=snapshot.order.postal_code,
        shop_country=shop.country,
        shop_zone=shop.time_zone,
    )
    with translation.override(shop.language):
        clock = Clock(now, zone, locale_for(shop.language, shop.country))
        frame = frame_of(shop, snapshot.look, prefix=f"/s/{shop.slug}", language=shop.language)
        if logo:
            frame = replace(frame, logo=_unsaved(logo))
        shown = sheet(snapshot, shop, clock, Tongue(shop.language, shop.language), Trust.LINK)
        shown = with_map(shown, snapshot, shop)
        content = render_to_string(
            "tracking/page.html", {"frame": frame, "sheet": shown, "refused": "", "etag": ""}
        )
    html = framed(frame, title=shown.headline, content=content, live=False)
    return framed_response(html, styles=[SELF, frame.style.csp])


def _unsaved(logo: Logo) -> ShownLogo:
    scale = min(40 / logo.height, 200 / logo.width)
    said = base64.b64encode(logo.data).decode()
    return ShownLogo(
        f"data:{logo.type};base64,{said}",
        max(1, round(logo.width * scale)),
        max(1, round(logo.height * scale)),
    )
