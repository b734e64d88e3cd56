"""All messages of a shop: what each says now, which are being written; and designs of the shop's own."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console import faults
from console.actor import actor_of
from console.occasion_names import GROUPS, name_of
from console.rows import StateNames
from notifications.arranging import empty
from notifications.contents import Content
from notifications.default_designs import default_content
from notifications.models import Template
from notifications.occasions import OCCASIONS
from notifications.registry import CHANNELS
from notifications.services import drafts
from notifications.services.ruling import rules_of
from notifications.services.templates import OWN
from notifications.types import Channel
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop

WORDED = {code: channel for code, channel in CHANNELS.items() if channel.worded}
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Cell:
    """One message on one channel. `version`: None where the house's words are sent. `told`: a rule sends it."""

    channel: Channel
    url: str
    version: int | None
    waits: bool
    told: bool


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    label: str
    shown_url: str  # its mail, small
    cells: tuple[Cell, ...]

    @property
    def is_used(self) -> bool:
        return any(cell.told or cell.version or cell.waits for cell in self.cells)


class NewForm(forms.Form):
    use_required_attribute = False
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"), choices=[(c.code, c.name) for c in WORDED.values()]
    )
    start = forms.ChoiceField(label=gettext_lazy("Start from"))

    def __init__(self, data: object = None, *, starts: list[tuple[str | Promise, object]]) -> None:
        super().__init__(data, auto_id="new_%s")  # type: ignore[arg-type]
        self.fields["start"].choices = starts  # type: ignore[attr-defined]


@members(Role.ADMIN)
@never_cache
@require_safe
def designs(request: MemberRequest) -> HttpResponse:
    return _show(request)


def _show(request: MemberRequest, form: NewForm | None = None, status: int = 200) -> HttpResponse:
    shop = request.shop
    held = {
        (t.key, t.channel): t
        for t in Template.objects.for_shop(shop).defer("draft").extra(select={"waits": "draft IS NOT NULL"})
    }
    told = {
        (rule.template or rule.occasion, rule.channel)
        for rule in rules_of(shop.pk)
        if rule.sends and rule.enabled
    }
    names = StateNames(shop)
    rows = [_row(shop, code, name_of(shop, code, names), held, told) for code in OCCASIONS]
    own = [
        template
        for (key, _channel), template in sorted(held.items(), key=lambda pair: pair[1].name)
        if key.startswith(OWN)
    ]
    context = {
        "used": [row for row in rows if row.is_used],
        "groups": [
            (label, [r for r in rows if not r.is_used and OCCASIONS[r.key].group == group])
            for group, label in GROUPS.items()
        ],
        "own": [
            (
                t,
                CHANNELS[t.channel],
                _url(shop, t.key, t.channel),
                _url(shop, t.key, t.channel, "template_shown"),
            )
            for t in own
        ],
        "form": form or NewForm(starts=_starts(shop)),
    }
    return render(request, "console/designs.html", context, status=status)


def _row(
    shop: Shop, key: str, label: str, held: dict[tuple[str, str], Template], told: set[tuple[str, str]]
) -> Row:
    cells = tuple(
        Cell(
            channel, _url(shop, key, code),
            held[key, code].published if (key, code) in held else None,
            bool((key, code) in held and held[key, code].waits),  # type: ignore[attr-defined]
            (key, code) in told,
        )
        for code, channel in WORDED.items()
    )  # fmt: skip
    return Row(key, label, _url(shop, key, "email", "template_shown"), cells)


def _url(shop: Shop, key: str, channel: str, name: str = "template") -> str:
    return reverse(f"console:{name}", args=[shop.slug, key, channel, shop.language])


def _starts(shop: Shop) -> list[tuple[str | Promise, object]]:
    """What a new design may begin as."""
    names = StateNames(shop)
    house = [
        (f"house:{code}", name_of(shop, code, names)) for code, o in OCCASIONS.items() if o.group != "parcel"
    ]
    copies = [
        (f"copy:{t.key}", f"{t.name or name_of(shop, t.key, names)} · {CHANNELS[t.channel].name}")
        for t in Template.objects.for_shop(shop).defer("draft").order_by("name", "key")
    ]
    return [
        (NOTHING, _("Nothing")),
        (_("The default words"), house),
        *([(_("A copy of"), list(dict(copies).items()))] if copies else []),
    ]


@members(Role.ADMIN)
@never_cache
@require_POST
def new(request: MemberRequest) -> HttpResponse:
    form = NewForm(request.POST, starts=_starts(request.shop))
    if form.is_valid():
        said = form.cleaned_data
        try:
            key = drafts.make_own(
                shop=request.shop, channel=said["channel"], name=said["name"], by=actor_of(request), now=timezone.now(),
                content=_start(request.shop, said["start"], said["channel"]),
            )  # fmt: skip
        except ValidationError as error:
            faults.put(form, error)
        else:
            return redirect(
                "console:template", request.shop.slug, key, said["channel"], request.shop.language
            )
    return _show(request, form, status=422)


def _start(shop: Shop, start: str, channel: str) -> Content:
    how, _colon, key = start.partition(":")
    if how == "house" and key in OCCASIONS:
        return default_content(key, channel, tuple(shop.languages))
    if how == "copy":
        return drafts.draft_of(shop, key, channel).content
    return empty(channel)


@members(Role.ADMIN)
@never_cache
@require_POST
def rename(request: MemberRequest, key: str, channel: str) -> HttpResponse:
    try:
        drafts.rename(
            shop=request.shop,
            key=key,
            channel=channel,
            name=request.POST.get("name", ""),
            by=actor_of(request),
        )
    except ValidationError as error:
        messages.error(request, faults.sentence(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("console:designs", request.shop.slug)


@members(Role.ADMIN)
@never_cache
@require_POST
def remove(request: MemberRequest, key: str, channel: str) -> HttpResponse:
    """An own design goes; unless a rule sends it."""
    if not key.startswith(OWN):
        raise Http404
    using = drafts.remove_own(shop=request.shop, key=key, channel=channel, by=actor_of(request))
    if using:
        names = ", ".join(_said(request.shop, rule.name, rule.occasion) for rule in using)
        said = ngettext(
            "Not deleted: a rule sends it, %(rules)s. Give the rule another design first.",
            "Not deleted: rules send it, %(rules)s. Give them another design first.",
            len(using),
        )
        messages.error(request, said % {"rules": names})
    else:
        messages.success(request, _("Deleted."))
    return redirect("console:designs", request.shop.slug)


def _said(shop: Shop, name: str, occasion: str) -> str:
    return f"“{name or name_of(shop, occasion)}”"
