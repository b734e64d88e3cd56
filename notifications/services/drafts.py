"""Designs being written: every change kept, undone and done again, and two editors told of each other."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from notifications import contents
from notifications.contents import Content
from notifications.models import DraftStep, Rule, Template, TemplateVersion
from notifications.services.templates import OWN, check_content, design_of, known, publish
from tenants import audit
from tenants.models import Shop
from tenants.services import Actor

MOST_STEPS = 200  # that can be undone
ONE_STEP = timedelta(seconds=6)  # of typing in the same block
MOST_OWN = 200  # designs of a shop for no occasion in particular


class OvertakenError(Exception):
    """Somebody else has changed the draft since it was looked at. Nothing was written."""

    def __init__(self, by: str, at: datetime | None, turn: int) -> None:
        super().__init__(f"turn {turn} by {by}")
        self.by, self.at, self.turn = by, at, turn


@dataclass(frozen=True, slots=True)
class Draft:
    """A design as it is being written. `waits`: it is not what is sent. `version`: what is sent; None for the house's."""

    content: Content
    turn: int = 0
    waits: bool = False
    version: int | None = None
    name: str = ""
    by: str = ""
    at: datetime | None = None
    can_undo: bool = False
    can_redo: bool = False


def draft_of(shop: Shop, key: str, channel: str) -> Draft:
    """Three queries. Raises ValidationError for an own design that is not there."""
    known(key, channel)
    template = Template.objects.for_shop(shop).filter(key=key, channel=channel).first()
    if template is None:
        if key.startswith(OWN):
            raise ValidationError(_("There is no such message."))
        return Draft(design_of(shop, key, channel).content)
    return _draft(shop, template)


def _draft(shop: Shop, template: Template) -> Draft:
    steps = list(template.steps.order_by("number").values_list("number", "undone"))
    return Draft(
        content=template.draft or design_of(shop, template.key, template.channel).content,
        turn=template.draft_turn,
        waits=template.draft is not None,
        version=template.published,
        name=template.name,
        by=template.draft_by,
        at=template.draft_at,
        can_undo=sum(not undone for _number, undone in steps) > 1,
        can_redo=any(undone for _number, undone in steps),
    )


@transaction.atomic
def change(
    *, shop: Shop, key: str, channel: str, turn: int, content: Content, what: str, by: Actor, now: datetime
) -> Draft:
    """The draft says this from now on. `turn`: of the draft it was made from.

    Raises OvertakenError, contents.ContentError, ValidationError. Safe to repeat: the same content changes nothing.
    """
    template = _held(shop, key, channel)
    content = contents.checked(content, channel=channel, languages=shop.languages)
    current = template.draft or design_of(shop, key, channel).content
    if content == current:
        return _draft(shop, template)
    _same_turn(template, turn)
    check_content(shop, key, content)
    _note(template, current, content, what, by, now)
    return _written(shop, template, content, by, now)


def _note(
    template: Template, current: Content, content: Content, what: str, by: Actor, now: datetime
) -> None:
    template.steps.filter(undone=True).delete()
    latest = template.steps.order_by("-number").first()
    if latest is None:
        latest = DraftStep.objects.create(
            shop_id=template.shop_id, template=template, number=0, content=current, what="", by="", at=now
        )
    is_typing = what.startswith("words:") and latest.what == what and latest.by == by.name
    if is_typing and now - latest.at < ONE_STEP:
        latest.content = content
        latest.save(update_fields=["content"])
        return
    DraftStep.objects.create(
        shop_id=template.shop_id, template=template, number=latest.number + 1, content=content, what=what[:64],
        by=by.name[:120], at=now,
    )  # fmt: skip
    template.steps.filter(number__lt=latest.number + 1 - MOST_STEPS).delete()


@transaction.atomic
def undo(*, shop: Shop, key: str, channel: str, turn: int, by: Actor, now: datetime) -> Draft:
    """One step back; where there is none, nothing. Raises OvertakenError."""
    template = _held(shop, key, channel)
    _same_turn(template, turn)
    done = list(template.steps.filter(undone=False).order_by("-number")[:2])
    if len(done) < 2:
        return _draft(shop, template)
    DraftStep.objects.filter(pk=done[0].pk).update(undone=True)
    return _written(shop, template, done[1].content, by, now)


@transaction.atomic
def redo(*, shop: Shop, key: str, channel: str, turn: int, by: Actor, now: datetime) -> Draft:
    """The step that was undone last, done again. Raises OvertakenError."""
    template = _held(shop, key, channel)
    _same_turn(template, turn)
    undone = template.steps.filter(undone=True).order_by("number").first()
    if undone is None:
        return _draft(shop, template)
    DraftStep.objects.filter(pk=undone.pk).update(undone=False)
    return _written(shop, template, undone.content, by, now)


@transaction.atomic
def publish_draft(
    *, shop: Shop, key: str, channel: str, turn: int, by: Actor, note: str = ""
) -> TemplateVersion:
    """What is written is sent from now on. Raises OvertakenError, contents.ContentError, ValidationError."""
    template = _held(shop, key, channel)
    _same_turn(template, turn)
    if template.draft is None:
        raise ValidationError(_("There is nothing new to publish: this is what is sent already."))
    return publish(shop=shop, key=key, channel=channel, content=template.draft, by=by, note=note)


@transaction.atomic
def discard(*, shop: Shop, key: str, channel: str, turn: int) -> Draft:
    """The draft is as what is sent. Raises OvertakenError. Safe to repeat."""
    template = _held(shop, key, channel)
    _same_turn(template, turn)
    if template.draft is not None and (template.published or not key.startswith(OWN)):
        template.steps.all().delete()
        template.draft, template.draft_turn = None, template.draft_turn + 1
        template.save(update_fields=["draft", "draft_turn"])
    return _draft(shop, template)


@transaction.atomic
def roll_back(*, shop: Shop, key: str, channel: str, number: int, by: Actor) -> TemplateVersion:
    """An older version is sent again, as a new one. Raises TemplateVersion.DoesNotExist, contents.ContentError."""
    old = TemplateVersion.objects.for_shop(shop).get(
        template__key=key, template__channel=channel, number=number
    )
    note = _("Back to version %(number)s") % {"number": number}
    return publish(shop=shop, key=key, channel=channel, content=old.content, by=by, note=note)


@transaction.atomic
def make_own(*, shop: Shop, channel: str, name: str, content: Content, by: Actor, now: datetime) -> str:
    """A design for no occasion in particular, as a draft: its key. Raises ValidationError."""
    name = " ".join(name.split())[:80]
    if not name:
        raise ValidationError({"name": _("Give it a name, so that you find it among your rules.")})
    own = Template.objects.for_shop(shop).filter(key__startswith=OWN)
    if own.filter(channel=channel, name=name).exists():
        raise ValidationError({"name": _("There is a design with this name.")})
    if own.count() >= MOST_OWN:
        raise ValidationError(_("A shop has at most %(most)s designs of its own.") % {"most": MOST_OWN})
    key = f"{OWN}{secrets.token_hex(4)}"
    known(key, channel)
    Template.objects.create(
        shop=shop, key=key, channel=channel, name=name, draft_at=now, draft_by=by.name[:120], draft_turn=1,
        draft=contents.checked(content, channel=channel, languages=shop.languages),
    )  # fmt: skip
    _record(shop, by, "template.made", f"{key}:{channel}")
    return key


@transaction.atomic
def rename(*, shop: Shop, key: str, channel: str, name: str, by: Actor) -> None:
    """Raises ValidationError."""
    name = " ".join(name.split())[:80]
    if not name and key.startswith(OWN):
        raise ValidationError({"name": _("Give it a name, so that you find it among your rules.")})
    template = _held(shop, key, channel)
    if template.name != name:
        Template.objects.filter(pk=template.pk).update(name=name)
        _record(shop, by, "template.renamed", f"{key}:{channel}")


def rules_with(shop: Shop, key: str, channel: str) -> list[Rule]:
    """The rules that send this design."""
    return list(Rule.objects.for_shop(shop).filter(template=key, channel=channel).order_by("position", "pk"))


@transaction.atomic
def remove_own(*, shop: Shop, key: str, channel: str, by: Actor) -> list[Rule]:
    """An own design goes, with its versions; unless rules send it: then these, and it stays. Safe to repeat."""
    if not key.startswith(OWN):
        raise ValidationError(_("Only designs of your own can be deleted."))
    using = rules_with(shop, key, channel)
    if using:
        return using
    gone, _of_what = Template.objects.for_shop(shop).filter(key=key, channel=channel).delete()
    if gone:
        _record(shop, by, "template.removed", f"{key}:{channel}")
    return []


def _held(shop: Shop, key: str, channel: str) -> Template:
    """The row, locked; made where there is none yet, except of an own design."""
    known(key, channel)
    rows = Template.objects.for_shop(shop).select_for_update()
    if key.startswith(OWN):
        found: Template | None = rows.filter(key=key, channel=channel).first()
        if found is None:
            raise ValidationError(_("There is no such message."))
        return found
    Template.objects.for_shop(shop).get_or_create(shop=shop, key=key, channel=channel)
    return rows.get(key=key, channel=channel)  # type: ignore[no-any-return]


def _same_turn(template: Template, turn: int) -> None:
    if template.draft_turn != turn:
        raise OvertakenError(template.draft_by, template.draft_at, template.draft_turn)


def _written(shop: Shop, template: Template, content: Content, by: Actor, now: datetime) -> Draft:
    sent = design_of(shop, template.key, template.channel).content
    template.draft = None if content == sent and not template.key.startswith(OWN) else content
    template.draft_at, template.draft_by, template.draft_turn = now, by.name[:120], template.draft_turn + 1
    template.save(update_fields=["draft", "draft_at", "draft_by", "draft_turn"])
    return _draft(shop, template)


def _record(shop: Shop, by: Actor, action: str, subject: str) -> None:
    audit.record(shop=shop, actor=by.name, role=by.role, address=by.address, action=action, subject=subject)
