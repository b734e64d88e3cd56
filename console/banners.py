"""Banners in messages: whom they are for, when, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console import faults
from console.actor import actor_of
from console.audience import CHOICES, Audience
from console.clock import clock_of, in_shop_time, moment_in_full
from console.fields import choose, moment_input
from console.rule_names import RuleNames
from notifications.models import Banner, Coupon, Picture
from notifications.sentences import PLAIN
from notifications.services import banners as service
from notifications.services.pictures import MOST_BYTES, keep_picture
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop
from tracking.services.incoming import Refused

PARTS = {
    "title": gettext_lazy("Title"),
    "text": gettext_lazy("Text"),
    "label": gettext_lazy("Button’s words"),
}


class BannerForm(forms.Form):
    """Words in each of the shop's languages, besides what is the same in all."""

    use_required_attribute = False
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("Only you and your team see it.")
    )
    url = forms.CharField(
        label=gettext_lazy("Leads to"), max_length=500, required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )  # fmt: skip
    upload = forms.FileField(
        label=gettext_lazy("Image"), required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
        help_text=gettext_lazy("PNG or JPEG. It stands above the words, from edge to edge."),
    )  # fmt: skip
    no_picture = forms.BooleanField(label=gettext_lazy("Without the image"), required=False)
    coupon = forms.ChoiceField(
        label=gettext_lazy("With a coupon"), required=False,
        help_text=gettext_lazy("Once it cannot be given any more, the banner is not shown either."),
    )  # fmt: skip
    starts_at = forms.DateTimeField(label=gettext_lazy("Shown from"), required=False, widget=moment_input())
    ends_at = forms.DateTimeField(label=gettext_lazy("Shown until"), required=False, widget=moment_input())
    position = forms.IntegerField(
        label=gettext_lazy("Place"), required=False, initial=0, min_value=-1000, max_value=1000,
        help_text=gettext_lazy("Of several that fit, the lowest is shown."),
    )  # fmt: skip
    enabled = forms.BooleanField(label=pgettext("banner", "Shown"), required=False, initial=True)

    def __init__(
        self, data: Any = None, files: Any = None, *, shop: Shop, banner: Banner | None = None
    ) -> None:
        super().__init__(data, files, initial=_initial(banner) if banner else None)
        self.languages, self.banner = shop.languages or [shop.language], banner
        self.fields["enabled"].label = pgettext("banner", "Shown")
        found = Coupon.objects.for_shop(shop).order_by("name").values_list("pk", "name")
        choose(self, "coupon", [("", "—"), *((str(pk), name) for pk, name in found)])
        if not (banner and banner.picture):
            del self.fields["no_picture"]
        for language in self.languages:
            texts = (banner.texts.get(language) or {}) if banner else {}
            for part, label in PARTS.items():
                widget: type[forms.Textarea | forms.TextInput]
                widget, more = (forms.Textarea, {"rows": "2"}) if part == "text" else (forms.TextInput, {})
                self.fields[f"{part}-{language}"] = forms.CharField(
                    label=label, required=False, max_length=service.TEXTS[part], initial=texts.get(part, ""),
                    widget=widget(attrs={"lang": language, **more}),
                )  # fmt: skip

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        pictured = ("upload", "no_picture") if "no_picture" in self.fields else ("upload",)
        parts = [(_("The banner"), ("name", "url", *pictured, "coupon"))]
        parts += [
            (PLAIN.language(language), tuple(f"{part}-{language}" for part in PARTS))
            for language in self.languages
        ]
        parts.append((_("When"), ("starts_at", "ends_at", "position", "enabled")))
        return [(title, [self[name] for name in names]) for title, names in parts]

    def said(self) -> dict[str, Any]:
        """As the service takes them, but for the image and the audience. What is said in other languages stays."""
        said = self.cleaned_data
        texts = dict(self.banner.texts) if self.banner else {}
        for language in self.languages:
            texts[language] = {part: said[f"{part}-{language}"] for part in PARTS}
        plain = {name: said[name] for name in ("name", "url", "starts_at", "ends_at", "enabled")}
        return {**plain, "coupon": said["coupon"] or None, "position": said["position"] or 0, "texts": texts}


def _initial(banner: Banner) -> dict[str, Any]:
    names = ("name", "url", "starts_at", "ends_at", "position", "enabled")
    return {name: getattr(banner, name) for name in names} | {"coupon": str(banner.coupon_id or "")}


@dataclass(frozen=True, slots=True)
class Line:
    banner: Banner
    whom: str
    when: str
    running: bool


@members(Role.ADMIN)
@never_cache
@require_safe
def banners(request: MemberRequest) -> HttpResponse:
    found = list(Banner.objects.for_shop(request.shop).order_by("position", "id"))
    running = {banner.pk for banner in service.running(request.shop, timezone.now())}
    lines = [
        Line(banner, _whom(banner), _when(banner, request.shop), banner.pk in running) for banner in found
    ]
    return render(request, "console/banners.html", {"tab": "banners", "lines": lines})


def _whom(banner: Banner) -> str:
    conditions = service.conditions_of(banner)
    if conditions is None:
        return _("Nobody: one of its conditions cannot be asked any more")
    if not conditions:
        return _("Everybody who may be sent offers")
    labels = {code: str(label) for _group, asks in CHOICES for code, label in asks}
    names = {"carrier": PLAIN.carrier, "country": PLAIN.country, "language": PLAIN.language}
    said = []
    for one in conditions:
        if one.test == "is":
            said.append(labels.get(f"{one.of}:is:{one.values[0]}", one.of))
        else:
            values = ", ".join(names.get(one.of, str)(value) for value in one.values)
            said.append(f"{labels.get(f'{one.of}:{one.test}', one.of)}: {values}")
    return "; ".join(said)


def _when(banner: Banner, shop: Shop) -> str:
    clock = clock_of(shop)
    start = moment_in_full(clock, banner.starts_at) if banner.starts_at else ""
    end = moment_in_full(clock, banner.ends_at) if banner.ends_at else ""
    if start and end:
        return _("from %(start)s until %(end)s") % {"start": start, "end": end}
    if start:
        return _("from %(start)s") % {"start": start}
    return _("until %(end)s") % {"end": end} if end else _("always")


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@in_shop_time
def banner_add(request: MemberRequest) -> HttpResponse:
    return _edit(request, None)


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@in_shop_time
def banner(request: MemberRequest, pk: int) -> HttpResponse:
    return _edit(request, _find(request, pk))


def _find(request: MemberRequest, pk: int) -> Banner:
    found: Banner | None = Banner.objects.for_shop(request.shop).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _edit(request: MemberRequest, held: Banner | None) -> HttpResponse:
    sent = request.method == "POST"
    form = BannerForm(
        request.POST if sent else None, request.FILES if sent else None, shop=request.shop, banner=held
    )
    conditions = (service.conditions_of(held) or []) if held else []
    audience = Audience(RuleNames(request.shop), conditions, request.POST if sent else None)
    if sent:
        asked = audience.conditions()
        if form.is_valid() and asked is not None and "more" not in request.POST:
            try:
                _save(request, held, form, asked)
            except (Refused, ValidationError) as error:
                faults.put(form, error)
            else:
                messages.success(request, _("Saved. Messages show it in their block “Banner”."))
                return redirect("console:banners", request.shop.slug)
    context = {
        "tab": "banners", "form": form, "banner": held, "audience": audience, "asks": CHOICES,
        "picture": _picture(held),
    }  # fmt: skip
    return render(request, "console/banner.html", context, status=422 if sent else 200)


def _save(
    request: MemberRequest, held: Banner | None, form: BannerForm, asked: list[dict[str, object]]
) -> None:
    by, upload = actor_of(request), form.cleaned_data.get("upload")
    picture = "" if held is None or form.cleaned_data.get("no_picture") else held.picture
    if upload is not None:
        try:
            kept = keep_picture(
                shop=request.shop, upload=upload.read(MOST_BYTES + 1), name=str(upload.name)[:120], by=by
            )
        except ValidationError as error:
            raise Refused({"upload": list(error.messages)}) from error
        picture = kept.digest
    service.save_banner(
        shop=request.shop, banner_id=held.pk if held else None, by=by,
        fields={**form.said(), "picture": picture, "audience": asked},
    )  # fmt: skip


def _picture(held: Banner | None) -> Picture | None:
    if held is None or not held.picture:
        return None
    found: Picture | None = (
        Picture.objects.for_shop(held.shop_id).filter(digest=held.picture).defer("content").first()
    )
    return found


@members(Role.ADMIN)
@never_cache
@require_POST
def banner_remove(request: MemberRequest, pk: int) -> HttpResponse:
    service.remove_banner(shop=request.shop, banner_id=_find(request, pk).pk, by=actor_of(request))
    messages.success(request, _("Removed. Messages sent before keep it."))
    return redirect("console:banners", request.shop.slug)
