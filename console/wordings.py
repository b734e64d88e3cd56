"""What a shop's pages say of everything that can happen: ours, and the shop's own words in their place."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from carriers.types import Status, SubStatus
from console import faults
from console.actor import actor_of
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop
from tracking import deeds, explanations, headlines, labels
from tracking.headlines import Facts
from tracking.models import Wording
from tracking.own_words import STATE
from tracking.search import plain
from tracking.services.incoming import Refused
from tracking.services.wordings import MOST, ORDER_STATES, SUB_STATUSES, SUBJECTS, Words, change_words
from tracking.situation import STATE_OF
from tracking.when import Clock, locale_for


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that can happen, with our words and the shop's (None: it has none)."""

    about: str
    label: str
    ours: Words
    own: Words | None
    url: str

    def holds(self, wanted: str) -> bool:
        said = (self.label, *asdict(self.ours).values(), *(asdict(self.own).values() if self.own else ()))
        return any(wanted in plain(words) for words in said)


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    lines: tuple[Line, ...]


class WordsForm(forms.Form):
    use_required_attribute = False
    headline = forms.CharField(
        label=gettext_lazy("Headline"),
        required=False,
        max_length=MOST["headline"],
        help_text=gettext_lazy("Where the day of arrival is known, it follows right below."),
    )
    reason = forms.CharField(
        label=gettext_lazy("What it means"),
        required=False,
        max_length=MOST["reason"],
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    next = forms.CharField(
        label=gettext_lazy("What comes next"),
        required=False,
        max_length=MOST["next"],
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: object, *, ours: Words, own: Words, language: str) -> None:
        super().__init__(data, initial=asdict(own))  # type: ignore[arg-type]
        for name, said in asdict(ours).items():
            self.fields[name].widget.attrs |= {"placeholder": said, "lang": language}


@members(Role.ADMIN)
@never_cache
@require_safe
def wordings(request: MemberRequest) -> HttpResponse:
    """All of it in one language, searched, or only what the shop says in its own words."""
    shop, language = request.shop, _language(request.shop, request.GET.get("language", ""))
    asked, only_own = request.GET.get("q", "").strip()[:80], request.GET.get("own") == "1"
    groups = [
        Group(group.label, kept)
        for group in _groups(shop, language)
        if (kept := tuple(line for line in group.lines if line.holds(plain(asked)) and (line.own or not only_own)))
    ]  # fmt: skip
    context = {
        "groups": groups,
        "asked": asked,
        "only_own": only_own,
        "written_in": language,
        "languages": _languages(shop),
        "own_count": Wording.objects.for_shop(shop).filter(language=language).count(),
    }
    return render(request, "console/wordings.html", context)


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wording(request: MemberRequest, about: str, language: str) -> HttpResponse:
    """One of them. `show` in what is posted shows the words as they would be read, and saves nothing."""
    shop = request.shop
    if about not in SUBJECTS or language not in _languages(shop):
        raise Http404
    ours, own = _ours(shop, about, language), _own(shop, language).get(about)
    form = WordsForm(request.POST or None, ours=ours, own=own or Words(), language=language)
    if request.method == "POST" and form.is_valid() and "show" not in request.POST:
        try:
            changed = change_words(
                shop=shop, about=about, language=language, words=Words(**form.cleaned_data), by=actor_of(request)
            )  # fmt: skip
        except Refused as refused:
            faults.put(form, refused)
        else:
            said = _("Saved. Your customers read it from now on.") if changed else _("Nothing was different.")
            messages.success(request, said)
            return redirect(
                f"{reverse('console:wordings', args=[shop.slug])}?{urlencode({'language': language})}"
            )
    seen = form.cleaned_data if form.is_bound and form.is_valid() else asdict(own or Words())
    context = {
        "about": about,
        "label": _label(about),
        "form": form,
        "own": own,
        "ours": ours,
        "seen": {name: seen.get(name) or said for name, said in asdict(ours).items()},
        "deed": _deed(about, language),
        "written_in": language,
        "languages": _languages(shop),
    }
    return render(request, "console/wording.html", context, status=422 if form.errors else 200)


def _languages(shop: Shop) -> list[str]:
    return list(dict.fromkeys([shop.language, *shop.languages]))


def _language(shop: Shop, asked: str) -> str:
    return asked if asked in _languages(shop) and asked in dict(settings.LANGUAGES) else shop.language


def _own(shop: Shop, language: str) -> dict[str, Words]:
    rows = Wording.objects.for_shop(shop).filter(language=language)
    return {row.about: Words(row.headline, row.reason, row.next) for row in rows}


def _groups(shop: Shop, language: str) -> list[Group]:
    own = _own(shop, language)

    def line(about: str) -> Line:
        url = reverse("console:wording", args=[shop.slug, about, language])
        return Line(about, _label(about), _ours(shop, about, language), own.get(about), url)

    by_status = [
        Group(labels.status_label(status), tuple(line(str(s)) for s in SUB_STATUSES if s.status is status))
        for status in Status
        if status is not Status.CANCELLED
    ]
    return [*by_status, Group(_("Orders"), tuple(line(STATE + state) for state in ORDER_STATES))]


def _label(about: str) -> str:
    if about.startswith(STATE):
        return labels.state_label(about.removeprefix(STATE))
    return labels.status_label(about)


def _ours(shop: Shop, about: str, language: str) -> Words:
    """What the page says without the shop's own words, of a parcel nobody can say the day of."""
    now = timezone.now()
    with translation.override(language):
        clock = Clock(now, ZoneInfo(shop.time_zone), locale_for(language, shop.country))
        if about.startswith(STATE):
            state = about.removeprefix(STATE)
            said = explanations.of_state(state)
            headline = headlines.headline(_facts(state, clock, now))
        else:
            said = explanations.of_sub_status(about)
            state = STATE_OF[SubStatus(about).status]
            headline = headlines.parcel_headline(_facts(state, clock, now, about))
        return Words(headline, str(said.reason), str(said.next))


def _facts(state: str, clock: Clock, now: datetime, sub_status: str = "") -> Facts:
    until: date = clock.today + timedelta(days=5)
    return Facts(
        state, clock, sub_status=sub_status, trouble=sub_status, delayed="delayed" in sub_status, since=now,
        delivered_at=now, pickup_until=until, restock_date=until,
    )  # fmt: skip


def _deed(about: str, language: str) -> str:
    with translation.override(language):
        if about.startswith(STATE):
            return str(deeds.of_state(about.removeprefix(STATE)).said)
        return str(deeds.of_sub_status(about).said)
