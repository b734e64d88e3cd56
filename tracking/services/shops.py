"""A shop opens, and what it calls the states of its orders."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from tenants import audit
from tenants.isolation import shop_context
from tenants.models import LANGUAGES, Brand, Membership, Role, Shop, User
from tenants.services import Actor, touch_brand
from tracking import pages
from tracking.labels import state_label
from tracking.models import ShopState
from tracking.presets import PRESETS, Preset, ShopStateSpec, shop_state_for
from tracking.search import plain
from tracking.services.incoming import Refused
from tracking.services.values import Notes, countries, currencies
from tracking.states import STATES, OrderState, StateKind

PARTICULARS = ("contact_email", "contact_phone", "website", "help_url", "privacy_url")
MOST_STATES, FEWEST_STEPS = 20, 2
LABEL = 40  # characters
# Shown under their own name where a shop has no state for them.
THEMSELVES = frozenset({OrderState.RETURNING, OrderState.RETURNED, OrderState.CANCELLED})
COLUMNS = ("labels", "canonicals", "kind", "position", "step", "visible", "icon", "colour")

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_ICON = re.compile(r"[a-z0-9-]{0,32}")
_COLOUR = re.compile(r"(#[0-9a-f]{6})?")


@dataclass(frozen=True, slots=True)
class StateIn:
    """A state as a shop wants it. Without a code it is a new one, named after its label."""

    labels: Mapping[str, str]  # by language
    canonicals: Sequence[str]
    code: str = ""
    step: bool = False  # on the progress bar
    visible: bool = True  # to shoppers
    icon: str = ""
    colour: str = ""


def open_shop(
    *,
    slug: str,
    name: str,
    country: str,
    language: str,
    languages: Sequence[str],
    currency: str,
    time_zone: str,
    preset: str,
    owner: User | None,
    by: Actor,
    now: datetime,
    **fields: Any,
) -> Shop:
    """Open a shop with a brand to begin with and the states of `preset`; raises Refused.

    One transaction, outside any shop's context. Not repeatable: a slug is taken once. `fields` are of
    PARTICULARS.
    """
    notes = Notes()
    shop = Shop(
        slug=notes.text("slug", slug, 40).lower(),
        name=notes.text("name", name, 120),
        country=country.upper(),
        language=language,
        languages=list(dict.fromkeys([language, *languages])),
        currency=currency.upper(),
        time_zone=time_zone,
        preset=preset,
        created_at=now,
        **{name: notes.text(name, fields.pop(name), 200) for name in PARTICULARS if name in fields},
    )
    if fields:
        raise TypeError(f"open_shop has no field {', '.join(fields)}")
    _check(notes, shop)
    with transaction.atomic():
        shop.save(force_insert=True)
        if owner:
            Membership.objects.create(shop=shop, user=owner, role=Role.OWNER)
        with shop_context(shop.pk):
            Brand.objects.create(shop=shop)
            ShopState.objects.bulk_create(_rows(shop, PRESETS[preset]))
            _witness(shop, by, "shop.opened", None, {"slug": shop.slug, "preset": preset})
    return shop


def _check(notes: Notes, shop: Shop) -> None:
    """Raises Refused with all that is wrong."""
    if shop.country not in countries():
        notes.add("country", _("Write the country as its two letters, like ES, FR or BR."))
    if shop.currency not in currencies():
        notes.add("currency", _("Write the currency as its three letters, like EUR or BRL."))
    if shop.time_zone not in available_timezones():
        notes.add("time_zone", _("Write the time zone as its region and city, like Europe/Madrid."))
    if unknown := [code for code in shop.languages if code not in LANGUAGES]:
        said = {"unknown": ", ".join(unknown), "known": ", ".join(LANGUAGES)}
        notes.add("languages", _("Not a language to be had here: %(unknown)s. There are: %(known)s.") % said)
    if shop.preset not in PRESETS:
        notes.add("preset", _("There are these sets of states: %(codes)s.") % {"codes": ", ".join(PRESETS)})
    if not _SLUG.fullmatch(shop.slug):
        notes.add("slug", _("Use small letters, digits and hyphens, like my-shop."))
    elif Shop.objects.filter(slug=shop.slug).exists():
        notes.add("slug", _("Another shop has this name in its address: choose another one."))
    try:
        shop.full_clean(exclude=notes.fields)
    except ValidationError as error:
        for name, sentences in error.message_dict.items():
            for sentence in sentences:
                notes.add(name, sentence)
    notes.settle()


def apply_preset(*, shop: Shop, preset: str, by: Actor, now: datetime) -> list[ShopState]:
    """Put the states of `preset` in place of the shop's own. Raises Refused.

    One transaction; safe to repeat. Orders stay where they are: only what their states are called changes.
    """
    if preset not in PRESETS:
        raise Refused.because(
            "preset", _("There are these sets of states: %(codes)s.") % {"codes": ", ".join(PRESETS)}
        )
    with shop_context(shop.pk):
        before = _told(_locked(shop))
        ShopState.objects.for_shop(shop).delete()
        states: list[ShopState] = ShopState.objects.bulk_create(_rows(shop, PRESETS[preset]))
        Shop.objects.filter(pk=shop.pk).update(preset=preset)
        _show(shop)
        _witness(shop, by, "states.preset", before, _told(states) | {"preset": preset})
        return states


def change_states(*, shop: Shop, states: Sequence[StateIn], by: Actor, now: datetime) -> list[ShopState]:
    """Make these, in this order, the shop's states: renamed, added, reordered, hidden; those left out go.

    Raises Refused; every state an order can be in must stay shown by one. One transaction. Safe to repeat:
    what is as it should be is not written.
    """
    wanted = _checked(shop, states)
    with shop_context(shop.pk):
        held = {state.code: state for state in _locked(shop)}
        before = _told(held.values())
        after = _told(wanted)
        if before == after:
            return list(held.values())
        ShopState.objects.for_shop(shop).exclude(code__in=[state.code for state in wanted]).delete()
        ShopState.objects.bulk_create(
            wanted, update_conflicts=True, unique_fields=["shop", "code"], update_fields=COLUMNS
        )
        _show(shop)
        _witness(shop, by, "states.changed", before, after)
        return _locked(shop)


def _rows(shop: Shop, preset: Preset) -> list[ShopState]:
    return [
        ShopState(
            shop=shop,
            code=spec.code,
            labels=_labels(spec),
            canonicals=[canonical.value for canonical in spec.canonicals],
            kind=spec.kind.value,
            position=position,
            step=spec.step,
            visible=spec.visible,
            icon=spec.icon,
            colour=spec.colour,
        )
        for position, spec in enumerate(preset.states)
    ]


def _labels(spec: ShopStateSpec) -> dict[str, str]:
    labels = {}
    for language in LANGUAGES:
        with translation.override(language):
            labels[language] = _(spec.label)
    return labels | {"en": spec.label, "es": spec.label_es}


def _locked(shop: Shop) -> list[ShopState]:
    return list(ShopState.objects.for_shop(shop).order_by("position", "id").select_for_update())


def _told(states: Collection[ShopState]) -> dict[str, Any]:
    """For comparing, and for the audit."""
    return {state.code: {name: getattr(state, name) for name in COLUMNS} for state in states}


def _show(shop: Shop) -> None:
    touch_brand(shop=shop)
    transaction.on_commit(lambda: pages.forget_look(shop.pk), robust=True)


def _witness(
    shop: Shop, by: Actor, action: str, before: dict[str, Any] | None, after: dict[str, Any]
) -> None:
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action=action, before=before, after=after
    )


# --- What a shop's states must be ---


def _checked(shop: Shop, states: Sequence[StateIn]) -> list[ShopState]:
    notes = Notes()
    if len(states) > MOST_STATES:
        notes.add("states", _("No more than %(most)d states, please.") % {"most": MOST_STATES})
    rows: list[ShopState] = []
    taken: dict[str, str] = {}  # canonical → the state that shows it
    for position, state in enumerate(states[:MOST_STATES]):
        with notes.within("states", position):
            row = _state(notes, shop, state, position)
            if row.code in {other.code for other in rows}:
                notes.add("code", _("Two states have the code “%(code)s”.") % {"code": row.code})
            for canonical in row.canonicals:
                if canonical in taken:
                    said = {"state": state_label(canonical), "other": taken[canonical]}
                    notes.add("canonicals", _("“%(state)s” is shown by “%(other)s” already.") % said)
                taken[canonical] = row.labels.get(shop.language, row.code)
        rows.append(row)
    if not notes.fields:
        _check_complete(notes, rows)
    notes.settle()
    return rows


def _state(notes: Notes, shop: Shop, state: StateIn, position: int) -> ShopState:
    labels = {
        language: said
        for language, label in state.labels.items()
        if language in LANGUAGES and (said := notes.text(f"labels.{language}", label, LABEL))
    }
    if shop.language not in labels:
        notes.add(f"labels.{shop.language}", _("A state needs a name in the shop’s own language."))
    code = state.code or re.sub(r"[^a-z0-9]+", "_", plain(labels.get(shop.language, "")))[:32].strip("_")
    if not re.fullmatch(r"[a-z0-9_]{1,32}", code):
        notes.add("code", _("A code is made of small letters, digits and _, 32 at most."))
    if not _ICON.fullmatch(state.icon):
        notes.add("icon", _("There is no such icon."))
    if not _COLOUR.fullmatch(state.colour):
        notes.add("colour", _("Write a colour like #1d5fa8."))
    canonicals = list(dict.fromkeys(state.canonicals))
    return ShopState(
        shop=shop,
        code=code,
        labels=labels,
        canonicals=canonicals,
        kind=_kind(notes, canonicals).value,
        position=position,
        step=bool(state.step),
        visible=bool(state.visible),
        icon=state.icon,
        colour=state.colour,
    )


def _kind(notes: Notes, canonicals: Sequence[str]) -> StateKind:
    unknown = [name for name in canonicals if name not in STATES]
    if unknown or not canonicals:
        notes.add("canonicals", _("Choose which of the states of an order it shows."))
        return StateKind.DERIVED
    kinds = {STATES[OrderState(name)].kind for name in canonicals}
    if len(kinds) > 1 and kinds & {StateKind.LINEAR, StateKind.MILESTONE}:
        notes.add(
            "canonicals",
            _("States before the parcel leaves, states after it, and milestones cannot be shown as one."),
        )
    kind = kinds.pop() if len(kinds) == 1 else StateKind.DERIVED
    return StateKind.DERIVED if kind is StateKind.TIME else kind


def _check_complete(notes: Notes, states: Sequence[ShopState]) -> None:
    for canonical, facts in STATES.items():
        if facts.kind is StateKind.MILESTONE or canonical in THEMSELVES:
            continue
        if shop_state_for(canonical, states) is None:
            said = {"state": state_label(canonical)}
            notes.add("states", _("None of your states shows “%(state)s”: add it to one of them.") % said)
    steps = [state for state in states if state.step and state.visible]
    if len(steps) < FEWEST_STEPS:
        said_steps = {"fewest": FEWEST_STEPS}
        notes.add("states", _("The progress bar needs at least %(fewest)d steps shoppers see.") % said_steps)
