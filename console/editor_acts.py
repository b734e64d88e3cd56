"""What a click, a key or a form asks of the draft, and the design that comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from console.editor_blocks import coupon_names
from console.editor_page import fields_of, form_of
from console.editor_place import Place
from notifications import arranging, words
from notifications.arranging import block_of, place_of
from notifications.contents import KINDS, Content, ContentError
from notifications.segments import plain
from notifications.services.drafts import Draft
from tenants.access import MemberRequest


@dataclass(frozen=True, slots=True)
class Asked:
    """`content`: None where nothing is to be written. `block`: the one that is chosen then. `said`: told to who cannot see."""

    what: str
    content: Content | None
    block: str
    said: str = ""


def ask(request: MemberRequest, place: Place, draft: Draft) -> Asked:
    """Acts are said as `up:text-2`, `move:text-2:4`, `add:coupon`, `add:coupon:3`. Raises ContentError."""
    act, _colon, rest = request.POST.get("act", "").partition(":")
    name, _colon, number = rest.partition(":")
    at = int(number) if number.isdecimal() else None
    if act == "save":
        return _save(request, place, draft)
    if act == "add":
        return _add(place, draft, name, at)
    if act == "plain":
        return _plain(place, draft)
    if act in ("undo", "redo"):
        return Asked(act, None, place.block, _("Undone") if act == "undo" else _("Done again"))
    if block_of(draft.content, name) is None:
        raise ContentError(_("This block is not there any more."))
    return _with_block(act, draft.content, name, at)


def _with_block(act: str, content: Content, name: str, at: int | None) -> Asked:
    if act == "copy":
        changed, made = arranging.doubled(content, name)
        return Asked(f"copy:{name}", changed, made, _("Doubled"))
    if act == "remove":
        return Asked(f"remove:{name}", arranging.without(content, name), "", _("Taken out"))
    if act == "below":
        changed = arranging.below_the_news(content, name)
    elif act == "move" and at is not None:
        changed = arranging.moved(content, name, at)
    elif act in ("up", "down"):
        changed = arranging.stepped(content, name, -1 if act == "up" else 1)
    else:
        raise ContentError(_("There is nothing of that kind to do."))
    return Asked(f"move:{name}", changed, name, position(changed, name))


def position(content: Content, name: str) -> str:
    block = block_of(content, name)
    told = {
        "block": KINDS[block["kind"]].label if block else "",
        "place": place_of(content, name) + 1,
        "of": len(content.get("blocks", [])),
    }
    return _("%(block)s: position %(place)s of %(of)s") % told


def _add(place: Place, draft: Draft, kind: str, at: int | None) -> Asked:
    if kind not in KINDS or not place.is_mail:
        raise ContentError(_("There is no such block."))
    if not arranging.can_add(draft.content, kind):
        raise ContentError(_("“%(block)s” goes in once.") % {"block": KINDS[kind].label})
    said: dict[str, Any] = {}
    if kind == "button":
        said["label"] = {code: _in(code) for code in place.shop.languages}
    if kind == "coupon":
        said["coupon"] = next(iter(coupon_names(place.shop)), "")
    changed, made = arranging.added(draft.content, kind, at, said)
    return Asked(
        f"add:{made}", changed, made, _("Put in. %(position)s") % {"position": position(changed, made)}
    )


def _in(language: str) -> str:
    with translation.override(language):
        return str(words.BUTTON)


def _save(request: MemberRequest, place: Place, draft: Draft) -> Asked:
    form = form_of(place, draft.content, request.POST)
    if not form.is_valid():
        name, said = next(iter(form.errors.items()))
        raise ContentError(str(said[0]), (place.block, name))
    values = form.values()
    if place.channel == "whatsapp" and values.get("template") == form.initial.get("template"):
        values.pop("template")  # shown from where it was kept before
    fields = tuple(fields_of(place, draft.content))
    changed = arranging.written(draft.content, place.block, fields, values, place.language)
    return Asked(f"words:{place.block or 'head'}", changed, place.block)


def _plain(place: Place, draft: Draft) -> Asked:
    """The text message with signs of the phone's own alphabet."""
    text = (draft.content.get("text") or {}).get(place.language, "")
    fields = tuple(fields_of(place, draft.content))
    changed = arranging.written(draft.content, "", fields, {"text": plain(text)}, place.language)
    return Asked("plain", changed, "", _("The signs are replaced"))
