"""A shop's states, rules, bounds and designs as one file: given out, compared, brought in whole or not at all, taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from notifications import contents
from notifications.config_file import (
    BOUNDS,
    Change,
    Config,
    Design,
    State,
    bare,
    by_name,
    diff,
    house,
    pictures_in,
    speaks,
    tidied,
)
from notifications.config_read import from_text
from notifications.config_text import to_text
from notifications.config_yaml import ConfigFileError, Fault
from notifications.models import (
    AlertSetup,
    ConfigChange,
    Coupon,
    Picture,
    Template,
    TemplateVersion,
)
from notifications.services.config_writing import Writing
from notifications.services.pictures import MOST_OF_A_SHOP
from notifications.services.ruling import rules_of, setup_of
from tenants import audit
from tenants.isolation import shop_context
from tenants.models import LANGUAGES, Shop
from tenants.services import Actor
from tracking.models import ShopState
from tracking.services.values import cleaned

MOST_KEPT = 20  # of the history, on a page


@dataclass(frozen=True, slots=True)
class Outcome:
    """`notes`: what is left out or missing, and does not stand in the way. `change`: None where nothing was written.
    `seen`: what the shop was like, for the next step to be about the same."""

    changes: Sequence[Change]
    notes: Sequence[str] = ()
    change: ConfigChange | None = None
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Copied:
    """A shop's file, and the pictures its designs show."""

    text: str
    pictures: Sequence[Picture] = field(default=())


# --- Out ---


def export(shop: Shop) -> str:
    """The whole configuration. The same for the same configuration; no secrets, nothing of a customer. Runs in the
    shop's context."""
    return _as_text(shop, held(shop))


def _as_text(shop: Shop, config: Config) -> str:
    return to_text(config, f"Rastro: states, rules and designs of {cleaned(shop.name)} ({shop.slug}).")


def held(shop: Shop) -> Config:
    """What the shop has now. Six queries."""
    usual = house()
    own = [bare(rule) for rule in rules_of(shop.pk)]
    setup, alerts = setup_of(shop.pk), AlertSetup.objects.for_shop(shop).first()
    names = {str(pk): name for pk, name in Coupon.objects.for_shop(shop).values_list("pk", "name")}
    versions = TemplateVersion.objects.for_shop(shop).filter(template__published__isnull=False)
    published = versions.extra(where=["number = published"]).values_list(
        "template__key", "template__channel", "template__name", "content"
    )
    return Config(
        states=tuple(_state(row) for row in ShopState.objects.for_shop(shop).order_by("position", "id")),
        rules=tuple(sorted((r for r in own if r != usual.get(r.key)), key=lambda r: (r.position, r.key))),
        bounds={name: _sorted(getattr(setup, name)) for name in BOUNDS},
        alerts={"withheld": alerts.withheld, "others": alerts.others}
        if alerts
        else {"withheld": [], "others": True},
        designs=tuple(
            Design(key, channel, by_name(tidied(content, channel, _languages(shop)), names), name)
            for key, channel, name, content in sorted(published, key=lambda row: row[:2])
        ),
    )


def _state(row: ShopState) -> State:
    return State(row.code, row.labels, tuple(row.canonicals), row.step, row.visible, row.icon, row.colour)


def _sorted(value: Any) -> Any:
    return dict(sorted(value.items())) if isinstance(value, dict) else value


def _languages(shop: Shop) -> list[str]:
    return [language for language in LANGUAGES if language in {shop.language, *shop.languages}]


# --- Compared, and brought in ---


def preview(*, shop: Shop, text: str, by: Actor, now: datetime, carried: Collection[str] = ()) -> Outcome:
    """What bringing the file in would change; done for real, and undone, so that what would be refused is refused now.
    `carried`: digests of pictures that come along. Raises ConfigFileError. Runs in the shop's context."""
    with transaction.atomic():
        outcome = _bring(shop, text, by, now, "", carried)
        transaction.set_rollback(True)
    return replace(outcome, change=None)


def apply(
    *, shop: Shop, text: str, by: Actor, now: datetime, note: str = "", seen: str = "",
    pictures: Sequence[Picture] = (),
) -> Outcome:  # fmt: skip
    """Make the shop as the file says: all of it or nothing. Safe to repeat: the second time nothing is different.

    `seen`: what `preview` was of; where the shop was changed since, nothing is done. Raises ConfigFileError. Runs in the
    shop's context.
    """
    with transaction.atomic():
        _one_at_a_time(shop)
        if seen and seen != _fingerprint(export(shop)):
            raise ConfigFileError(
                [Fault(0, _("The shop was changed in the meantime: look at what would change again."))]
            )
        _carry(shop, pictures)
        return _bring(shop, text, by, now, note, {picture.digest for picture in pictures})


def roll_back(*, shop: Shop, change: ConfigChange, by: Actor, now: datetime, seen: str = "") -> Outcome:
    """As it was before that change, whatever was changed since. Safe to repeat. Raises ConfigFileError."""
    note = _("As it was before the change of %(day)s") % {"day": f"{change.at:%Y-%m-%d %H:%M} UTC"}
    return apply(shop=shop, text=change.before, by=by, now=now, note=note, seen=seen)


def copied(source: Shop) -> Copied:
    """What is brought from one shop to another. Opens the source's context: outside any other's."""
    with shop_context(source.pk):
        config = held(source)
        shown = {digest for design in config.designs or () for digest in pictures_in(design)}
        return Copied(export(source), list(Picture.objects.for_shop(source).filter(digest__in=shown)))


def _one_at_a_time(shop: Shop) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('config'), %s)", [shop.pk])


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _carry(shop: Shop, pictures: Sequence[Picture]) -> None:
    """Pictures of another shop, kept here as well."""
    here = Picture.objects.for_shop(shop)
    there_are = set(here.filter(digest__in=[p.digest for p in pictures]).values_list("digest", flat=True))
    missing = [p for p in pictures if p.digest not in there_are]
    if missing and here.count() + len(missing) > MOST_OF_A_SHOP:
        raise ConfigFileError(
            [Fault(0, _("A shop keeps at most %(most)s images.") % {"most": MOST_OF_A_SHOP})]
        )
    Picture.objects.bulk_create(
        [
            Picture(
                shop=shop, digest=p.digest, kind=p.kind, content=p.content, width=p.width, height=p.height,
                name=p.name,
            )
            for p in missing
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _bring(shop: Shop, text: str, by: Actor, now: datetime, note: str, carried: Collection[str]) -> Outcome:
    before = held(shop)
    wanted, notes = _fitted(shop, from_text(text), before, carried)
    before_text = _as_text(shop, before)
    changes = diff(before, wanted)
    if not changes:
        return Outcome([], notes, None, _fingerprint(before_text))
    notes += _drafts_lost(shop, changes)
    writing = Writing(shop, wanted, by, now)
    writing.all_of(before, {change.section for change in changes}, note)
    if writing.faults:
        raise ConfigFileError(sorted(writing.faults, key=lambda fault: fault.line))
    made = ConfigChange.objects.create(
        shop=shop, before=before_text, after=export(shop), by=by.name[:120], note=note[:160], at=now
    )
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="config.applied",
        subject=f"config:{made.pk}", after={"changes": len(changes), "note": note[:160]},
    )  # fmt: skip
    return Outcome(changes, notes, made, _fingerprint(before_text))


def _fitted(shop: Shop, wanted: Config, before: Config, carried: Collection[str]) -> tuple[Config, list[str]]:
    """What of the file this shop can hold, and what is to be said of the rest."""
    if wanted.designs is None:
        return wanted, []
    ours, notes = _languages(shop), []
    said_in = {one for d in wanted.designs for _where, texts in contents.texts_of(d.content) for one in texts}
    if left := [language for language in LANGUAGES if language in said_in - set(ours)]:
        notes.append(
            _("Texts of messages in %(languages)s are left out: the shop does not offer it.")
            % {"languages": ", ".join(left)}
        )
    if said_in and (lacking := [language for language in ours if language not in said_in]):
        notes.append(
            _("No text of a message is in %(languages)s: customers would read them in another language.")
            % {"languages": ", ".join(lacking)}
        )
    coupons = set(Coupon.objects.for_shop(shop).values_list("name", flat=True))
    asked = {str(b["coupon"]) for d in wanted.designs for b in d.content.get("blocks", ()) if b.get("coupon")}
    if unknown := sorted(asked - coupons):
        notes.append(
            _("The shop has no coupon of this name: %(names)s. The block stays empty.")
            % {"names": ", ".join(unknown)}
        )
    shown = {digest for d in wanted.designs for digest in pictures_in(d)} - set(carried)
    there_are = Picture.objects.for_shop(shop).filter(digest__in=shown).values_list("digest", flat=True)
    if absent := sorted(shown - set(there_are)):
        notes.append(
            _("These images are not in the shop, and do not show until they are uploaded: %(names)s.")
            % {"names": ", ".join(absent)}
        )
    fitted, mute = [], []
    own = {(d.key, d.channel): d for d in before.designs or ()}
    for design in wanted.designs:
        content = by_name(
            tidied(deepcopy(design.content), design.channel, ours), {name: name for name in coupons}
        )
        if speaks(design.content) and not speaks(content):
            mute.append(design.code)
            fitted += [own[design.key, design.channel]] if (design.key, design.channel) in own else []
        else:
            fitted.append(replace(design, content=content))
    if mute:
        notes.append(
            _("These designs say nothing in the shop’s languages, and are passed over: %(names)s.")
            % {"names": ", ".join(mute)}
        )
    return replace(wanted, designs=tuple(sorted(fitted, key=lambda d: (d.key, d.channel)))), notes


def _drafts_lost(shop: Shop, changes: Sequence[Change]) -> list[str]:
    """Publishing a design ends what was being written of it."""
    touched = {change.what for change in changes if change.section == "designs"}
    drafted = Template.objects.for_shop(shop).exclude(draft=None).values_list("key", "channel")
    if lost := sorted({Design(key, channel, {}).code for key, channel in drafted} & touched):
        return [_("Drafts of these designs are given up: %(names)s.") % {"names": ", ".join(lost)}]
    return []
