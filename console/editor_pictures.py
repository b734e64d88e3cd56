"""Images of messages in the console: sent along, put into a block, shown to choose among."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_POST, require_safe

from console import faults
from console.actor import actor_of
from console.editor import SCRIPTED, overtaken, refused, with_parts
from console.editor_place import place_of
from notifications import arranging
from notifications.contents import KINDS, ContentError
from notifications.models import Picture
from notifications.services import drafts
from notifications.services.drafts import OvertakenError
from notifications.services.pictures import MOST_BYTES, keep_picture
from tenants.access import MemberRequest, members
from tenants.models import Role


@members(Role.ADMIN)
@never_cache
@require_POST
def upload(request: MemberRequest, state: str, channel: str, language: str) -> HttpResponse:
    """A new image, in the chosen block."""
    place, draft = place_of(request, state, channel, language)
    block = arranging.block_of(draft.content, place.block)
    fields = KINDS[block["kind"]].fields if block else ()
    sent, turn = request.FILES.get("upload"), request.POST.get("turn", "")
    try:
        if not any(field.sort == "picture" for field in fields):
            raise ContentError(_("This block is not there any more."))
        if sent is None:
            raise ContentError(_("Choose an image first."), (place.block, "picture"))
        if (sent.size or 0) > MOST_BYTES:
            raise ContentError(
                _("The image is larger than 2 MB: save it smaller and try again."), (place.block, "picture")
            )
        picture = keep_picture(
            shop=place.shop, upload=sent.read(), name=(sent.name or "")[:120], by=actor_of(request)
        )
        content = arranging.written(draft.content, place.block, fields, {"picture": picture.digest}, language)
        draft = drafts.change(
            shop=place.shop, key=state, channel=channel, turn=int(turn) if turn.isdecimal() else -1, content=content,
            what=f"picture:{place.block}", by=actor_of(request), now=timezone.now(),
        )  # fmt: skip
    except OvertakenError as error:
        return overtaken(request, place, error)
    except ContentError as error:
        return refused(request, place, draft, error)
    except ValidationError as error:
        return refused(request, place, draft, ContentError(faults.sentence(error), (place.block, "picture")))
    if SCRIPTED in request.headers:
        return with_parts(request, place, draft, _("The image is in. Say below what it shows."))
    return redirect(place.url())


@members(Role.ADMIN)
@cache_control(private=True, max_age=31536000, immutable=True)
@require_safe
def picture(request: MemberRequest, digest: str) -> HttpResponse:
    """One image, to choose among them. What it is made of never changes."""
    found = Picture.objects.for_shop(request.shop).filter(digest=digest).first()
    if found is None:
        raise Http404
    response = HttpResponse(bytes(found.content), content_type=f"image/{found.kind}")
    response["X-Content-Type-Options"] = "nosniff"
    return response
