"""What was sent when: versions of a message, what each changed, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.actor import actor_of
from console.clock import clock_of, moment_in_full
from console.editor_page import person
from console.editor_place import place_of
from console.editor_proof import names_of
from console.occasion_names import name_of
from notifications.contents import Content, ContentError
from notifications.default_designs import default_content
from notifications.differing import Difference, differences
from notifications.models import TemplateVersion
from notifications.registry import CHANNELS
from notifications.services import drafts
from notifications.services.drafts import Draft
from notifications.services.templates import OWN
from tenants.access import MemberRequest, members
from tenants.models import Role
from tracking.when import Clock

MOST = 50  # versions on the page
DRAFT, HOUSE = "draft", "house"  # beside the numbers of versions


@dataclass(frozen=True, slots=True)
class Line:
    """One version in the list. `name`: 3, or draft."""

    name: str
    number: int
    who: str
    when: str
    note: str
    is_sent: bool
    is_chosen: bool


@members(Role.ADMIN)
@never_cache
@require_safe
def versions(request: MemberRequest, state: str, channel: str, language: str) -> HttpResponse:
    """The list, and what `?of=3` says otherwise than `?than=2`; without them, the newest than the one before."""
    place, draft = place_of(request, state, channel, language)
    rows = TemplateVersion.objects.for_shop(place.shop).filter(template__key=state, template__channel=channel)
    held: list[TemplateVersion] = list(rows.order_by("-number")[:MOST])
    clock = clock_of(place.shop)
    contents: dict[str, Content] = {DRAFT: draft.content} if draft.waits else {}
    contents |= {str(version.number): version.content for version in held}
    if not state.startswith(OWN):
        contents[HOUSE] = default_content(state, channel, tuple(place.shop.languages))
    of = request.GET.get("of", next(iter(contents), HOUSE))
    before = request.GET.get("than", _before(of, list(contents)))
    found: list[Difference] = []
    if of in contents and of != HOUSE:
        found = differences(contents.get(before, {}), contents[of])
    names = names_of(place.shop)
    context = {
        "place": place,
        "draft": draft,
        "title": draft.name or name_of(place.shop, state),
        "channel": CHANNELS[channel],
        "is_own": state.startswith(OWN),
        "lines": [
            *([_draft_line(draft, clock, is_chosen=of == DRAFT)] if draft.waits else []),
            *(_line(v, clock, sent=draft.version, chosen=of) for v in held),
        ],
        "of": of,
        "before": before,
        "others": [name for name in contents if name != of],
        "has_any": of in contents and of != HOUSE,
        "can_send": of.isdecimal() and of != str(draft.version),
        "found": [(one, names.get(one.language, one.language)) for one in found],
    }  # fmt: skip
    return render(request, "console/editor_versions.html", context)


def _draft_line(draft: Draft, clock: Clock, *, is_chosen: bool) -> Line:
    when = moment_in_full(clock, draft.at) if draft.at else ""
    return Line(DRAFT, 0, person(draft.by), when, "", is_sent=False, is_chosen=is_chosen)


def _line(version: TemplateVersion, clock: Clock, *, sent: int | None, chosen: str) -> Line:
    return Line(
        str(version.number), version.number, person(version.by), moment_in_full(clock, version.at), version.note,
        is_sent=version.number == sent, is_chosen=str(version.number) == chosen,
    )  # fmt: skip


def _before(of: str, names: list[str]) -> str:
    """What came before it: they are in order, newest first."""
    later = names[names.index(of) + 1 :] if of in names else []
    return next(iter(later), HOUSE)


@members(Role.ADMIN)
@never_cache
@require_POST
def back(request: MemberRequest, state: str, channel: str, language: str) -> HttpResponse:
    """That content is sent again, as a new version."""
    place, _draft = place_of(request, state, channel, language)
    number = request.POST.get("number", "")
    try:
        version = drafts.roll_back(
            shop=place.shop, key=state, channel=channel, number=int(number[:9]) if number.isdecimal() else 0,
            by=actor_of(request),
        )  # fmt: skip
    except TemplateVersion.DoesNotExist as error:
        raise Http404 from error
    except ContentError as error:
        messages.error(request, _("This version does not hold any more: %(why)s") % {"why": error.said})
    else:
        messages.success(request, _("Sent again as version %(number)s.") % {"number": version.number})
    return redirect(place.url("template_versions"))
