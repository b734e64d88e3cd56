"""Coupons in messages: what they give, their codes, and what became of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from babel.numbers import format_percent
from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console import faults
from console.actor import actor_of
from console.clock import clock_of, in_shop_time
from console.fields import moment_input
from console.rows import money
from notifications.coupon_codes import MOST_MADE, Holds, listed
from notifications.models import Coupon, CouponCode, Redemption
from notifications.services import coupons as service
from notifications.services.coupons import Added, Figures
from tenants.access import MemberRequest, members
from tenants.isolation import shop_context
from tenants.models import Role, Shop
from tracking.imports.refused import BOM, guarded
from tracking.services.incoming import Refused
from tracking.when import Clock

MOST_BYTES = 5_000_000
FEW, FEW_OF = 25, 0.1  # codes left, or the share of them, from which on the shop is warned
CHUNK = 2_000
TONES = {Holds.VALID: "ok", Holds.NOT_YET: "", Holds.OFF: "", Holds.OVER: "", Holds.USED_UP: "warn"}


class CouponForm(forms.Form):
    use_required_attribute = False
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("Only you and your team see it.")
    )
    worth = forms.CharField(
        label=gettext_lazy("What it is worth"), max_length=80, required=False,
        help_text=gettext_lazy("As customers read it: 10 % off your next order. Your checkout takes it off, not Rastro."),
    )  # fmt: skip
    code = forms.CharField(
        label=gettext_lazy("One code for everybody"), max_length=40, required=False,
        help_text=gettext_lazy("Left empty, each customer gets a code of their own, from those you bring or have made."),
    )  # fmt: skip
    starts_at = forms.DateTimeField(label=gettext_lazy("Holds from"), required=False, widget=moment_input())
    ends_at = forms.DateTimeField(
        label=gettext_lazy("Holds until"), required=False, widget=moment_input(),
        help_text=gettext_lazy("After this no message gives it away. Set the same in your checkout."),
    )  # fmt: skip
    most = forms.IntegerField(
        label=gettext_lazy("How often it may be used in all"),
        required=False,
        min_value=1,
        max_value=1_000_000_000,
    )
    enabled = forms.BooleanField(label=gettext_lazy("Given away in messages"), required=False, initial=True)


@dataclass(frozen=True, slots=True)
class Line:
    """One coupon as the list shows it."""

    coupon: Coupon
    figures: Figures
    status: str
    tone: str
    rate: str
    revenue: str
    doubt: str
    is_bad: bool


def status_words(holds: Holds) -> str:
    return {
        Holds.VALID: pgettext("coupon", "Given away"),
        Holds.OFF: pgettext("coupon", "Off"),
        Holds.NOT_YET: pgettext("coupon", "Not yet"),
        Holds.OVER: pgettext("coupon", "Over"),
        Holds.USED_UP: pgettext("coupon", "Used up"),
        Holds.USED: pgettext("coupon", "Used"),
    }[holds]


@members(Role.ADMIN)
@never_cache
@require_safe
def coupons(request: MemberRequest) -> HttpResponse:
    found = list(Coupon.objects.for_shop(request.shop).order_by("-enabled", "-created_at", "-pk"))
    context = {"tab": "coupons", "lines": _lines(request.shop, found)}
    return render(request, "console/coupons.html", context)


def _lines(shop: Shop, found: list[Coupon]) -> list[Line]:
    figures = service.figures(shop, [coupon.pk for coupon in found])
    clock = clock_of(shop)
    return [_line(coupon, figures[coupon.pk], clock) for coupon in found]


def _line(coupon: Coupon, figures: Figures, clock: Clock) -> Line:
    holds = service.standing(coupon, clock.now)
    doubt = doubt_of(coupon, figures) if holds is Holds.VALID else ""
    rate = figures.rate
    return Line(
        coupon, figures, status_words(holds), TONES.get(holds, ""),
        "" if rate is None else str(format_percent(round(rate, 3), locale=clock.locale, decimal_quantization=False)),
        " · ".join(money(amount, currency, clock) for currency, amount in figures.revenue),
        doubt, bool(doubt) and not figures.free,
    )  # fmt: skip


def doubt_of(coupon: Coupon, figures: Figures) -> str:
    """What the shop should know before its customers do not get what it meant them to."""
    if coupon.code:
        return ""
    if not figures.codes:
        return _("It has no codes yet: messages leave it out.")
    if not figures.free:
        return _("All codes are given away: messages leave it out until you add more.")
    if figures.free < FEW or figures.free < figures.codes * FEW_OF:
        left = ngettext("Only %(n)d code is left.", "Only %(n)d codes are left.", figures.free)
        return left % {"n": figures.free}
    return ""


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@in_shop_time
def coupon_add(request: MemberRequest) -> HttpResponse:
    return _edit(request, None)


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@in_shop_time
def coupon(request: MemberRequest, pk: int) -> HttpResponse:
    return _edit(request, _find(request, pk))


def _find(request: MemberRequest, pk: int) -> Coupon:
    found: Coupon | None = Coupon.objects.for_shop(request.shop).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _edit(request: MemberRequest, held: Coupon | None) -> HttpResponse:
    initial: dict[str, Any] = {name: getattr(held, name) for name in CouponForm.base_fields} if held else {}
    form = CouponForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            kept = service.save_coupon(
                shop=request.shop, coupon_id=held.pk if held else None, fields=form.cleaned_data,
                by=actor_of(request),
            )  # fmt: skip
        except Refused as refused:
            faults.put(form, refused)
        else:
            messages.success(request, _("Saved. Put it into a message with the block “Coupon”."))
            if held is None and not kept.code:
                return redirect("console:coupon", request.shop.slug, kept.pk)
            return redirect("console:offers", request.shop.slug)
    return _show(request, held, form, status=422 if request.method == "POST" else 200)


def _show(request: MemberRequest, held: Coupon | None, form: CouponForm, status: int = 200) -> HttpResponse:
    context = {
        "tab": "coupons", "form": form, "coupon": held, "line": _lines(request.shop, [held])[0] if held else None,
        "most_made": MOST_MADE,
    }  # fmt: skip
    return render(request, "console/coupon.html", context, status=status)


# --- Codes ---


@members(Role.ADMIN)
@never_cache
@require_POST
def codes(request: MemberRequest, pk: int) -> HttpResponse:
    """Take a pasted list, or a file of one column."""
    held, upload = _find(request, pk), request.FILES.get("file")
    text = request.POST.get("codes", "")
    try:
        if upload is not None:
            if (upload.size or 0) > MOST_BYTES:
                raise Refused.because("codes", _("Choose a file of up to 5 MB."))
            text += "\n" + upload.read().decode("utf-8-sig")
        if not text.strip():
            raise Refused.because("codes", _("Paste codes, or choose a file of them."))
        added = service.add_codes(shop=request.shop, coupon=held, codes=listed(text), by=actor_of(request))
    except UnicodeDecodeError:
        messages.error(request, _("This is no text file in UTF-8."))
    except Refused as refused:
        messages.error(request, faults.sentence(refused))
    else:
        _say(request, added)
    return redirect("console:coupon", request.shop.slug, pk)


def _say(request: MemberRequest, added: Added) -> None:
    said = ngettext("%(n)d code added.", "%(n)d codes added.", added.added) % {"n": added.added}
    if added.known:
        known = ngettext("%(n)d was here already.", "%(n)d were here already.", added.known)
        said += " " + known % {"n": added.known}
    messages.success(request, said)
    if added.bad:
        shown = ", ".join(f"“{code[:40]}”" for code in added.bad)
        messages.warning(request, _("These are no codes, and were left out: %(codes)s") % {"codes": shown})


@members(Role.ADMIN)
@never_cache
@require_POST
def make(request: MemberRequest, pk: int) -> HttpResponse:
    """Have codes made that nobody guesses."""
    held = _find(request, pk)
    said = request.POST.get("count", "")
    count = int(said) if said.isdecimal() and len(said) < 9 else 0
    shape = request.POST.get("shape", "").strip()
    try:
        added = service.make_codes(
            shop=request.shop, coupon=held, shape=shape, count=count, by=actor_of(request)
        )
    except Refused as refused:
        messages.error(request, faults.sentence(refused))
    else:
        _say(request, added)
        messages.info(request, _("Your checkout has to know them: take them from here as a CSV."))
    return redirect("console:coupon", request.shop.slug, pk)


@members(Role.ADMIN)
@never_cache
@require_safe
def codes_csv(request: MemberRequest, pk: int) -> Any:
    """All codes of the pool, with whose order has which and whether it was used."""
    held = _find(request, pk)
    response = StreamingHttpResponse(
        _csv(request.shop.pk, held.pk, held.ends_at), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="coupon-{held.pk}.csv"'
    return response


def _csv(shop_id: int, coupon_id: int, ends_at: Any) -> Iterator[str]:
    head = [_("Code"), _("Order"), _("Given"), _("Used"), _("Holds until")]
    yield BOM + _row(head)
    last = 0
    while True:
        with shop_context(shop_id):  # a stream has no transaction of its own
            found = CouponCode.objects.for_shop(shop_id).filter(coupon_id=coupon_id, pk__gt=last)
            part = list(found.order_by("pk").values_list("pk", "code", "order__number", "given_at")[:CHUNK])
            used = _used(shop_id, coupon_id, [code for _pk, code, _number, _at in part])
        if not part:
            return
        until = ends_at.isoformat() if ends_at else ""
        yield "".join(
            _row([code, number or "", at.isoformat() if at else "", used.get(code, ""), until])
            for _pk, code, number, at in part
        )
        last = part[-1][0]


def _used(shop_id: int, coupon_id: int, some: list[str]) -> dict[str, str]:
    found = Redemption.objects.for_shop(shop_id).filter(coupon_id=coupon_id, code__in=some)
    return {code: at.isoformat() for code, at in found.values_list("code", "at")}


def _row(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([guarded(cell) for cell in cells])
    return out.getvalue()
