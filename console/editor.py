"""The editor of a message: what is written, looked at, tried and published."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console import faults
from console.actor import actor_of
from console.editor_acts import Asked, ask
from console.editor_forms import TestForm
from console.editor_page import PARTS, context_of, form_of, parts_of, person
from console.editor_place import Place, order_of, place_of
from console.editor_proof import proof_of
from notifications.contents import ContentError
from notifications.findings import STOPS
from notifications.registry import CHANNELS
from notifications.services import drafts
from notifications.services.channels import usable_channels
from notifications.services.drafts import Draft, OvertakenError
from notifications.services.templates import send_test, unpublish
from tenants.access import MemberRequest, members
from tenants.models import Role

SCRIPTED = "X-Editor"  # asked by the page's script: it wants the parts that changed


@members(Role.ADMIN)
@never_cache
@require_safe
def template(request: MemberRequest, state: str, channel: str, language: str) -> HttpResponse:
    place, draft = place_of(request, state, channel, language)
    if SCRIPTED in request.headers:
        return with_parts(request, place, draft, "")
    return _page(request, place, draft)


@members(Role.ADMIN)
@never_cache
@require_POST
def edit(request: MemberRequest, state: str, channel: str, language: str) -> HttpResponse:
    """One change of the draft. A script gets what changed; a form is led back to the page."""
    place, draft = place_of(request, state, channel, language)
    try:
        asked = ask(request, place, draft)
        draft = _kept(request, place, draft, asked)
    except OvertakenError as error:
        return overtaken(request, place, error)
    except ContentError as error:
        return refused(request, place, draft, error)
    except ValidationError as error:
        return refused(request, place, draft, ContentError(faults.sentence(error)))
    place = place.at(block=asked.block)
    if SCRIPTED in request.headers:
        return with_parts(request, place, draft, asked.said)
    return redirect(place.url())


def _kept(request: MemberRequest, place: Place, draft: Draft, asked: Asked) -> Draft:
    turn = request.POST.get("turn", "")
    which: Any = {
        "shop": place.shop, "key": place.key, "channel": place.channel, "turn": int(turn) if turn.isdecimal() else -1,
        "by": actor_of(request), "now": timezone.now(),
    }  # fmt: skip
    if asked.what == "undo":
        return drafts.undo(**which)
    if asked.what == "redo":
        return drafts.redo(**which)
    if asked.content is None:
        return draft
    return drafts.change(**which, content=asked.content, what=asked.what)


def overtaken(request: MemberRequest, place: Place, error: OvertakenError) -> HttpResponse:
    """Somebody else was quicker. What was sent is still in the fields, or in the browser."""
    said = _(
        "%(who)s has changed this draft meanwhile. Nothing is lost: theirs is saved, and yours is still here. Save once "
        "more to put yours on top."
    ) % {"who": person(error.by)}
    if SCRIPTED in request.headers:
        return JsonResponse({"overtaken": said, "turn": error.turn}, status=409)
    messages.warning(request, said)
    draft = drafts.draft_of(place.shop, place.key, place.channel)
    return _page(
        request, place, draft, data=request.POST if request.POST.get("act") == "save" else None, status=409
    )


def refused(request: MemberRequest, place: Place, draft: Draft, error: ContentError) -> HttpResponse:
    block, field = error.where
    if SCRIPTED in request.headers:
        return JsonResponse({"refused": error.said, "block": block, "field": field}, status=422)
    place = place.at(block=block or place.block)
    return _page(request, place, draft, data=request.POST, refused=error, status=422)


@members(Role.ADMIN)
@never_cache
@require_POST
def publish(request: MemberRequest, state: str, channel: str, language: str) -> HttpResponse:
    place, draft = place_of(request, state, channel, language)
    proof = proof_of(place, draft.content, order_of(place), timezone.now())
    stopped = next((one for one in proof.found if one.level == STOPS), None)
    if stopped:
        messages.error(request, _("Not published. %(why)s") % {"why": stopped.said})
        return redirect(place.at(block=stopped.where[0], language=stopped.language or language).url())
    turn = request.POST.get("turn", "")
    try:
        version = drafts.publish_draft(
            shop=place.shop, key=state, channel=channel, turn=int(turn) if turn.isdecimal() else -1,
            by=actor_of(request), note=" ".join(request.POST.get("note", "").split())[:160],
        )  # fmt: skip
    except OvertakenError as error:
        said = _(
            "Not published: %(who)s has changed the draft meanwhile. Look at it once more, then publish."
        )
        messages.error(request, said % {"who": person(error.by)})
    except ContentError as error:
        messages.error(request, error.said)
        place = place.at(block=error.where[0])
    except ValidationError as error:
        messages.error(request, faults.sentence(error))
    else:
        said = _("Published as version %(number)s. From now on this message says this.")
        messages.success(request, said % {"number": version.number})
    return redirect(place.url())


@members(Role.ADMIN)
@never_cache
@require_POST
def discard(request: MemberRequest, state: str, channel: str, language: str) -> HttpResponse:
    """The draft goes; what is sent stays."""
    place, _draft = place_of(request, state, channel, language)
    turn = request.POST.get("turn", "")
    try:
        drafts.discard(
            shop=place.shop, key=state, channel=channel, turn=int(turn) if turn.isdecimal() else -1
        )
    except OvertakenError as error:
        said = _("Not thrown away: %(who)s has changed the draft meanwhile.")
        messages.error(request, said % {"who": person(error.by)})
    else:
        messages.success(request, _("The draft is thrown away. This is what is sent."))
    return redirect(place.at(block="").url())


@members(Role.ADMIN)
@never_cache
@require_POST
def default(request: MemberRequest, state: str, channel: str, language: str) -> HttpResponse:
    """Back to the house's words; the versions stay."""
    place, _draft = place_of(request, state, channel, language)
    try:
        unpublish(shop=request.shop, key=state, channel=channel, by=actor_of(request))
    except ValidationError as error:
        messages.error(request, faults.sentence(error))
    else:
        messages.success(request, _("The default words are back."))
    return redirect(place.at(block="").url())


@members(Role.ADMIN)
@never_cache
@require_POST
def test(request: MemberRequest, state: str, channel: str, language: str) -> HttpResponse:
    """One message to somebody of the shop, as the draft stands."""
    place, draft = place_of(request, state, channel, language)
    form = TestForm(request.POST, channel=channel, email=request.user.email)
    if form.is_valid() and channel not in usable_channels(request.shop.pk):
        form.add_error(None, _("Nothing goes out by %(channel)s yet: set it up under Senders.") % {
            "channel": CHANNELS[channel].name
        })  # fmt: skip
    if form.is_valid():
        try:
            send_test(
                shop=request.shop, key=state, channel=channel, language=language, to=form.cleaned_data["to"],
                by=actor_of(request), now=timezone.now(), order=order_of(place),
            )  # fmt: skip
        except ValidationError as error:
            form.add_error("to", error.messages)
        else:
            said = _("On its way to %(to)s. See under Messages what becomes of it.")
            messages.success(request, said % {"to": form.cleaned_data["to"]})
            return redirect(place.url())
    return _page(request, place, draft, test_form=form, status=422)


def _page(
    request: MemberRequest, place: Place, draft: Draft, *, data: Any = None, refused: ContentError | None = None,
    test_form: TestForm | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    form = form_of(place, draft.content, data) if data is not None else None
    if form is not None and refused is not None:
        form.is_valid()
        form.put(refused.where[1], refused.said)
    context = context_of(request, place, draft, form=form)
    context["test_form"] = test_form or TestForm(channel=place.channel, email=request.user.email)
    return render(request, "console/editor.html", context, status=status)


def with_parts(request: MemberRequest, place: Place, draft: Draft, said: str) -> JsonResponse:
    context = context_of(request, place, draft)
    place = context["place"]
    return JsonResponse(
        {
            "turn": draft.turn,
            "block": place.block,
            "said": said,
            "subject": context["seen"].subject if context["seen"] else "",
            "missing": {code: n for code, _name, n, _url in context["languages"]},
            "parts": parts_of(
                request, context, [name for name in PARTS if name != "seen" or not place.is_mail]
            ),
        }
    )
