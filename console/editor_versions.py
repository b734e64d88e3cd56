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


@dataclass(frozen=True, slots=True)
class Line:
    """One version in the list. `number` 0: the draft."""

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
    contents: dict[int, Content] = {version.number: version.content for version in held}
    if draft.waits:
        contents[0] = draft.content
    newest = 0 if draft.waits else max(contents, default=0)
    of = _number(request, "of", newest)
    before = _number(request, "than", _before(of, held))
    house = {} if state.startswith(OWN) else default_content(state, channel, tuple(place.shop.languages))
    found: list[Difference] = []
    if of in contents:
        found = differences(contents.get(before, house) if before else house, contents[of])
    names = names_of(place.shop)
    context = {
        "place": place,
        "draft": draft,
        "title": draft.name or name_of(place.shop, state),
        "channel": CHANNELS[channel],
        "is_own": state.startswith(OWN),
        "lines": [
            *([_draft_line(draft, clock, is_chosen=of == 0)] if draft.waits else []),
            *(
                Line(v.number, person(v.by), moment_in_full(clock, v.at), v.note, v.number == draft.version, v.number == of)
                for v in held
            ),
        ],
        "of": of,
        "before": before,
        "others": [number for number in (0, *contents) if number != of and (number or not state.startswith(OWN))],
        "has_any": of in contents,
        "is_sent": of == draft.version,
        "found": [(one, names.get(one.language, one.language)) for one in found],
    }  # fmt: skip
    return render(request, "console/editor_versions.html", context)


def _draft_line(draft: Draft, clock: Clock, *, is_chosen: bool) -> Line:
    when = moment_in_full(clock, draft.at) if draft.at else ""
    return Line(0, person(draft.by), when, "", is_sent=False, is_chosen=is_chosen)


def _number(request: MemberRequest, name: str, otherwise: int) -> int:
    said = request.GET.get(name, "")
    return int(said[:9]) if said.isdecimal() else otherwise


def _before(of: int, held: list[TemplateVersion]) -> int:
    """The version before; of the draft, the newest. 0: what the message started from."""
    numbers = [version.number for version in held if not of or version.number < of]
    return max(numbers, default=0)


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
