"""The shop's states, rules and designs as one file: taken out, looked at before it comes in, copied, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.actor import actor_of
from console.clock import clock_of, moment_in_full
from console.occasion_names import name_of
from console.people import people
from console.rows import StateNames
from notifications.config_file import SECTIONS, Change, Detail, diff
from notifications.config_read import from_text
from notifications.config_yaml import MOST_BYTES, ConfigFileError, Fault
from notifications.models import ConfigChange, Picture
from notifications.services.config_file import MOST_KEPT, apply, copied, export, preview
from tenants.access import MemberRequest, members
from tenants.isolation import shop_context
from tenants.models import Membership, Role, Shop


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be brought in. `source`: the shop it is copied from; `back`: the change it is taken back before."""

    text: str
    note: str = ""
    pictures: Sequence[Picture] = ()
    source: str = ""
    back: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A change as a person reads it. `name`: in words; `what`: as in the file."""

    tone: str
    word: str
    name: str
    what: str
    details: Sequence[Detail]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A fault with the line it is in, as it stands there."""

    line: int
    said: str
    source: str


@dataclass(frozen=True, slots=True)
class Past:
    pk: int
    when: str
    by: str
    note: str


class FileForm(forms.Form):
    use_required_attribute = False
    file = forms.FileField(
        label=gettext_lazy("Configuration file"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".yaml,.yml,.txt"}),
    )


@members(Role.ADMIN)
@never_cache
@require_safe
def config(request: MemberRequest) -> HttpResponse:
    return render(request, "console/config.html", _page(request))


@members(Role.ADMIN)
@never_cache
@require_safe
def config_export(request: MemberRequest) -> HttpResponse:
    """The file, to keep or to change."""
    response = HttpResponse(export(request.shop), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{request.shop.slug}.yaml"'
    return response


@members(Role.ADMIN)
@never_cache
@require_safe
def config_change(request: MemberRequest, pk: int) -> HttpResponse:
    """What a change of the past did."""
    change = ConfigChange.objects.for_shop(request.shop).filter(pk=pk).first()
    if change is None:
        raise Http404
    (past,) = _pasts(request.shop, [change])
    found = diff(from_text(change.before), from_text(change.after))
    context = {"past": past, "groups": _groups(request.shop, found)}
    return render(request, "console/config_change.html", context)


@members(Role.ADMIN, bound=False)
@never_cache
@require_POST
def config_look(request: MemberRequest) -> HttpResponse:
    """What bringing it in would change. Writes nothing."""
    try:
        wanted = _wanted(request)
        with shop_context(request.shop.pk):
            found = preview(
                shop=request.shop, text=wanted.text, by=actor_of(request), now=timezone.now(),
                carried={picture.digest for picture in wanted.pictures},
            )  # fmt: skip
            groups = _groups(request.shop, found.changes)
    except ConfigFileError as error:
        return _refuse(request, error)
    context = {
        "wanted": wanted,
        "seen": found.seen,
        "notes": found.notes,
        "groups": groups,
        "count": len(found.changes),
        "pictures": len(wanted.pictures),
        "source": Shop.objects.filter(slug=wanted.source).first() if wanted.source else None,
    }
    return render(request, "console/config_look.html", context)


@members(Role.ADMIN, bound=False)
@never_cache
@require_POST
def config_apply(request: MemberRequest) -> HttpResponse:
    """Bring in what was looked at: all of it, or nothing."""
    try:
        wanted = _wanted(request)
        with shop_context(request.shop.pk):
            found = apply(
                shop=request.shop, text=wanted.text, by=actor_of(request), now=timezone.now(), note=wanted.note,
                seen=request.POST.get("seen", ""), pictures=wanted.pictures,
            )  # fmt: skip
    except ConfigFileError as error:
        return _refuse(request, error)
    n = len(found.changes)
    if found.change:
        said = ngettext("Brought in: %(n)d change.", "Brought in: %(n)d changes.", n) % {"n": n}
        messages.success(request, said)
    else:
        messages.success(request, _("Nothing was different."))
    return redirect("console:config", request.shop.slug)


def _wanted(request: MemberRequest) -> Wanted:
    """From another shop of this member's, from the history, or from a file. Raises ConfigFileError, Http404."""
    if slug := request.POST.get("source", ""):
        source = _others(request).filter(shop__slug=slug).first()
        if source is None:
            raise Http404
        found = copied(source.shop)
        note = _("Copied from %(shop)s") % {"shop": source.shop.name}
        # What was looked at is what comes in, though the other shop may have changed since.
        return Wanted(_posted(request) or found.text, note, found.pictures, source=slug)
    if (back := request.POST.get("back", "")).isdecimal():
        with shop_context(request.shop.pk):
            change = ConfigChange.objects.for_shop(request.shop).filter(pk=int(back)).first()
        if change is None:
            raise Http404
        when = moment_in_full(clock_of(request.shop), change.at)
        note = _("As it was before the change of %(day)s") % {"day": when}
        return Wanted(change.before, note, back=back)
    if upload := request.FILES.get("file"):
        data = upload.read(MOST_BYTES + 1)
        try:
            return Wanted(data.decode("utf-8-sig"), note=(upload.name or "")[:120])
        except UnicodeDecodeError as error:
            raise ConfigFileError([Fault(0, _("This is no text."))]) from error
    if text := _posted(request):
        return Wanted(text, note=request.POST.get("note", "")[:120])
    raise ConfigFileError([Fault(0, _("Choose a file first."))])


def _posted(request: MemberRequest) -> str:
    """Browsers send a text area's lines with CR LF."""
    return request.POST.get("text", "").replace("\r\n", "\n")


def _refuse(request: MemberRequest, error: ConfigFileError) -> HttpResponse:
    lines = _posted(request).split("\n")
    if (upload := request.FILES.get("file")) is not None:
        upload.seek(0)
        lines = upload.read(MOST_BYTES).decode("utf-8-sig", errors="replace").splitlines()
    wrong = [
        Wrong(f.line, f.said, lines[f.line - 1].strip()[:160] if 0 < f.line <= len(lines) else "")
        for f in error.faults
    ]
    with shop_context(request.shop.pk):
        page = _page(request)
    return render(request, "console/config.html", page | {"wrong": wrong}, status=422)


def _page(request: MemberRequest) -> dict[str, object]:
    latest = ConfigChange.objects.for_shop(request.shop).order_by("-at", "-pk").defer("before", "after")
    return {
        "form": FileForm(),
        "sections": list(SECTIONS.values()),
        "past": _pasts(request.shop, list(latest[:MOST_KEPT])),
        "sources": [member.shop for member in _others(request).order_by("shop__name")],
    }


def _others(request: MemberRequest):  # type: ignore[no-untyped-def]
    """Memberships by which this person may take another shop's configuration."""
    mine = Membership.objects.filter(user=request.user, role__in=[Role.OWNER, Role.ADMIN])
    return mine.filter(shop__suspended_at=None).exclude(shop=request.shop).select_related("shop")


def _pasts(shop: Shop, changes: Sequence[ConfigChange]) -> list[Past]:
    clock, names = clock_of(shop), people({change.by for change in changes})
    return [Past(c.pk, moment_in_full(clock, c.at), names[c.by], c.note) for c in changes]


TONES = {"added": "ok", "removed": "bad", "changed": "info", "moved": "info"}


def _groups(shop: Shop, changes: Sequence[Change]) -> list[tuple[str, list[Shown]]]:
    """By section, in their order."""
    words = {
        "added": _("Added"),
        "removed": _("Removed"),
        "changed": _("Changed"),
        "moved": _("Moved"),
    }
    states = StateNames(shop)
    groups = []
    for section, title in SECTIONS.items():
        shown = [
            Shown(TONES[c.how], words[c.how], _name(shop, c, states), c.what, c.details)
            for c in changes
            if c.section == section
        ]
        if shown:
            groups.append((str(title), shown))
    return groups


def _name(shop: Shop, change: Change, states: StateNames) -> str:
    """Of a rule of the house, or a design: what it is about; else as in the file."""
    if change.section == "rules":
        return name_of(shop, change.what.rpartition(":")[0], states) if ":" in change.what else ""
    if change.section == "designs":
        return name_of(shop, change.what.partition(" · ")[0], states)
    return ""
