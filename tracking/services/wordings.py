"""A shop puts its own words in place of ours, sub-status by sub-status and language by language."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from carriers.types import Status, SubStatus
from tenants import audit
from tenants.isolation import shop_context
from tenants.models import LANGUAGES, Shop
from tenants.services import Actor, touch_brand
from tracking import pages
from tracking.models import Wording
from tracking.own_words import STATE
from tracking.services.values import Notes
from tracking.states import STATES, StateKind

# As many characters as the columns hold: a headline of two lines on a phone, a sentence or two.
MOST = {"headline": 120, "reason": 300, "next": 300}
# A label that was voided is not on the page, and a code nobody has read has no meaning to be worded.
SUB_STATUSES = tuple(s for s in SubStatus if s.status is not Status.CANCELLED and not s.is_unmapped)
ORDER_STATES = tuple(s for s, facts in STATES.items() if facts.kind is not StateKind.MILESTONE)
SUBJECTS = frozenset([*map(str, SUB_STATUSES), *(STATE + state for state in ORDER_STATES)])


@dataclass(frozen=True, slots=True)
class Words:
    """What a page says of one thing; empty is ours."""

    headline: str = ""
    reason: str = ""
    next: str = ""


def change_words(*, shop: Shop, about: str, language: str, words: Words, by: Actor) -> bool:
    """Say it so from now on, on every page; return whether anything changed. All empty: ours again.

    Raises Refused. One transaction. Safe to repeat: words that are as they should be are not written.
    """
    wanted = _checked(about, language, words)
    with shop_context(shop.pk):
        row = (
            Wording.objects.for_shop(shop).filter(about=about, language=language).select_for_update().first()
        )
        before = Words(row.headline, row.reason, row.next) if row else Words()
        if before == wanted:
            return False
        if wanted == Words():
            Wording.objects.for_shop(shop).filter(about=about, language=language).delete()
        else:
            Wording.objects.update_or_create(
                shop=shop, about=about, language=language, defaults=asdict(wanted)
            )
        touch_brand(shop=shop)
        transaction.on_commit(lambda: pages.forget_look(shop.pk), robust=True)
        audit.record(
            shop=shop, actor=by.name, role=by.role, address=by.address, action="wording.changed",
            subject=f"{about}/{language}", before=asdict(before), after=asdict(wanted),
        )  # fmt: skip
    return True


def _checked(about: str, language: str, words: Words) -> Words:
    notes = Notes()
    if about not in SUBJECTS:
        notes.add("about", _("There is no status of this name."))
    if language not in LANGUAGES:
        notes.add("language", _("Not a language to be had here."))
    said = Words(**{name: notes.text(name, value, MOST[name]) for name, value in asdict(words).items()})
    notes.settle()
    return said
