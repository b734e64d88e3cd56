"""A shop's designs: what is sent, what is being written, looked at before it is kept, and tried before it is sent."""

from __future__ import annotations

import uuid
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from notifications import contents, sandbox, trying
from notifications.contents import Content
from notifications.default_designs import default_content
from notifications.facts import example
from notifications.models import DraftStep, Message, Template, TemplateVersion
from notifications.occasions import OCCASIONS
from notifications.registry import CHANNELS
from notifications.rendering import Audience, NothingToSayError, Rendered, render
from notifications.services.offers import offers_for, sells_anything
from tenants import audit
from tenants.models import LANGUAGES, Shop
from tenants.remembering import remembered
from tenants.services import Actor
from tracking.links import page_url
from tracking.models import Order

OWN = "own-"  # what the keys of designs for no occasion in particular begin with
DRAFT = "draft:"  # before the key of a test's design: as it is being written, not as it is sent


@dataclass(frozen=True, slots=True)
class Design:
    """What is sent. `version`: None for the house's words."""

    content: Content
    version: int | None = None


def known(key: str, channel: str) -> None:
    """Raises ValidationError for a design there cannot be."""
    if (
        (key not in OCCASIONS and not key.startswith(OWN))
        or channel not in CHANNELS
        or not CHANNELS[channel].worded
    ):
        raise ValidationError(_("There is no such message."))


@remembered
def design_of(shop: Shop, key: str, channel: str) -> Design:
    """What goes out under this key now: the published version, else the house's words. One query.

    Under the key of a test ("draft:shipped"), what is being written.
    """
    if key.startswith(DRAFT):
        return _draft_of(shop, key.removeprefix(DRAFT), channel)
    versions = TemplateVersion.objects.for_shop(shop).filter(template__key=key, template__channel=channel)
    found = (
        versions.order_by("-number")
        .extra(where=["number = published"])
        .values_list("content", "number")
        .first()
    )
    if found:
        return Design(found[0], found[1])
    return Design(default_content(key, channel, tuple(shop.languages)))


def _draft_of(shop: Shop, key: str, channel: str) -> Design:
    held = Template.objects.for_shop(shop).filter(key=key, channel=channel).exclude(draft=None)
    content = held.values_list("draft", flat=True).first()
    return Design(content) if content else design_of(shop, key, channel)


def check_content(shop: Shop, key: str, content: Content) -> None:
    """Raises contents.ContentError for texts that would not hold: broken Liquid, variables that no message has. They are
    tried in a process of their own, all at once."""
    wanted: list[tuple[tuple[str, str], str]] = []
    for where, texts in contents.texts_of(content):
        wanted += [(where, text) for text in texts.values()]
    wanted += [
        ((block["id"], "url"), block["url"]) for block in content.get("blocks", ()) if block.get("url")
    ]
    wanted += [(("", f"variables-{n}"), value) for n, value in (content.get("variables") or {}).items()]
    try:
        found = trying.POOL.try_all([(source, {}) for _where, source in wanted], example(shop, key))
    except sandbox.WordsError as error:
        raise contents.ContentError(_("This cannot be read: %(why)s") % {"why": error}) from error
    for (where, _source), tried in zip(wanted, found, strict=True):
        _check_tried(tried, where)


def check_liquid(source: str, values: dict[str, object], where: tuple[str, str]) -> None:
    """Raises contents.ContentError."""
    try:
        [tried] = trying.POOL.try_all([(source, {})], values)
    except sandbox.WordsError as error:
        raise contents.ContentError(_("This cannot be read: %(why)s") % {"why": error}, where) from error
    _check_tried(tried, where)


def _check_tried(tried: trying.Tried, where: tuple[str, str]) -> None:
    if tried.error:
        raise contents.ContentError(
            _("This cannot be read: %(why)s") % {"why": tried.error.split("\n")[0]}, where
        )
    if tried.missing:
        names = ", ".join(f"{{{{ {name} }}}}" for name in tried.missing)
        raise contents.ContentError(_("No message has this: %(names)s.") % {"names": names}, where)


@transaction.atomic
def publish(
    *, shop: Shop, key: str, channel: str, content: Content, by: Actor, note: str = "", name: str = ""
) -> TemplateVersion:
    """From now on this is what is sent. Raises contents.ContentError, ValidationError."""
    known(key, channel)
    content = contents.checked(content, channel=channel, languages=shop.languages)
    check_content(shop, key, content)
    template, _made = Template.objects.select_for_update().get_or_create(
        shop=shop, key=key, channel=channel, defaults={"name": name}
    )
    latest: TemplateVersion | None = template.versions.order_by("-number").first()
    template.steps.all().delete()
    if latest and template.published == latest.number and latest.content == content:
        Template.objects.filter(pk=template.pk).update(draft=None, draft_turn=F("draft_turn") + 1)
        return latest
    version = TemplateVersion.objects.create(
        shop=shop, template=template, number=latest.number + 1 if latest else 1, content=content,
        by=by.name[:120], note=note[:160],
    )  # fmt: skip
    Template.objects.filter(pk=template.pk).update(
        published=version.number, draft=None, draft_turn=F("draft_turn") + 1
    )
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="template.changed",
        subject=f"{key}:{channel}:{version.number}",
    )  # fmt: skip
    return version


@transaction.atomic
def unpublish(*, shop: Shop, key: str, channel: str, by: Actor) -> None:
    """Back to the house's words; the versions stay. Safe to repeat."""
    if key.startswith(OWN):
        raise ValidationError(_("There are no house words for this message."))
    held = Template.objects.for_shop(shop).filter(key=key, channel=channel).exclude(published=None)
    DraftStep.objects.for_shop(shop).filter(template__in=held).delete()
    if held.update(published=None, draft=None, draft_turn=F("draft_turn") + 1):
        audit.record(
            shop=shop, actor=by.name, role=by.role, address=by.address, action="template.cleared",
            subject=f"{key}:{channel}",
        )  # fmt: skip


def with_words(content: Content, *, language: str, text: str, subject: str = "") -> Content:
    """The design with other words in one language: those of its first text."""
    changed = deepcopy(content)
    holder = next((b for b in changed.get("blocks", ()) if b["kind"] == "text"), changed)
    holder.setdefault("text", {})[language] = text
    if subject:
        changed.setdefault("subject", {})[language] = subject
    return changed


def preview(
    *, shop: Shop, key: str, channel: str, language: str, now: datetime, order: Order | None = None,
    content: Content | None = None,
) -> Rendered:  # fmt: skip
    """What the message would say of `order`: as in `content`, else as it is sent now.

    Without an order the shop's latest one in that state is taken, else its latest, else an example. Raises
    ValidationError.
    """
    known(key, channel)
    if language not in LANGUAGES:
        raise ValidationError(_("There is no such message."))
    order = order or order_for(shop, key)
    if order is not None:
        order.language = language
    occasion = (order.state if order else "shipped") if key.startswith(OWN) else key
    content = content if content is not None else design_of(shop, key, channel).content
    try:
        return render(
            shop=shop, order=order, occasion=occasion, channel=channel, language=language, now=now,
            fill=trying.fill_apart, to=_reader(shop, order), content=content, offers=_samples(shop, order, content, now),
        )  # fmt: skip
    except NothingToSayError as error:
        raise ValidationError(
            _("This cannot be read: %(why)s") % {"why": str(error).split("\n")[0]}
        ) from error


def _reader(shop: Shop, order: Order | None) -> Audience:
    """Their customer, who may choose what to hear of."""
    return Audience(alerts_url=page_url(shop, order) + "alerts") if order else Audience()


def _samples(shop: Shop, order: Order | None, content: Content, now: datetime) -> dict[str, Any]:
    """What is sold in it, as this order would be shown it; where that may not be sold to, as somebody else would."""
    offers = offers_for(shop=shop, order=order, content=content, now=now)
    if sells_anything(offers) or order is None:
        return offers
    return offers_for(shop=shop, order=None, content=content, now=now)


def order_for(shop: Shop, key: str) -> Order | None:
    """An order to show a design with."""
    latest = Order.objects.for_shop(shop).order_by("-placed_at", "-id")
    return latest.filter(state=key).first() or latest.first()


@transaction.atomic
def send_test(
    *, shop: Shop, key: str, channel: str, language: str, to: str, by: Actor, now: datetime,
    order: Order | None = None,
) -> Message:  # fmt: skip
    """Queue one message to somebody of the shop, about an order of theirs. Raises ValidationError.

    It says what is being written, as that stands when it leaves: what is sent, where nothing is being written.
    """
    known(key, channel)
    if CHANNELS[channel].address == "email":
        validate_email(to)
    elif not (to.startswith("+") and to[1:].isdigit() and 8 <= len(to) <= 16):
        raise ValidationError(_("Write the number with its country code, for example +34600000000."))
    order = order or order_for(shop, key)
    if order is None:
        raise ValidationError(_("A test message needs an order to speak of: add one first."))
    occasion = order.state if key.startswith(OWN) else key
    return Message.objects.create(
        shop=shop, order=order, state=occasion, channel=channel, template_key=f"{DRAFT}{key}"[:64],
        dedupe_key=f"test:{uuid.uuid4()}", recipient=to,
        language=language, why=f"test by {by.name}", next_at=now, created_at=now,
    )  # fmt: skip
