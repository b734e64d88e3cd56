"""What a shop's people say carriers' codes mean, where the adapters do not know."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from carriers import registry
from carriers.models import CodeMeaning
from carriers.reading import Meaning, Meanings
from carriers.types import SubStatus
from tenants import audit
from tenants.models import Shop
from tenants.services import Actor

NOT_A_CARRIERS = frozenset(
    {SubStatus.DELIVERED_CONFIRMED, SubStatus.EXCEPTION_DISPUTED}
)  # the shopper's to say
GIVABLE = tuple(sub for sub in SubStatus if not sub.is_unmapped and sub not in NOT_A_CARRIERS)


def meanings_of(shop_id: int, carrier: str) -> Meanings:
    """By code. One query. In the shop's context."""
    given = CodeMeaning.objects.for_shop(shop_id).filter(carrier=carrier)
    return {
        code: Meaning(SubStatus(sub) if sub else None, given_at.timestamp())
        for code, sub, given_at in given.values_list("code", "sub_status", "given_at")
    }


@transaction.atomic
def give_meaning(
    *, shop: Shop, carrier: str, code: str, sub_status: str, by: Actor, now: datetime
) -> CodeMeaning:
    """Say what a code means from now on; an empty sub-status takes it back. In the shop's context.

    Parcels that had the code are read anew by `tracking.services.rereading`. Raises ValidationError for a code
    the adapter knows, and for a meaning that is none.
    """
    known = registry.CARRIERS.get(carrier)
    if known is None or not code.strip():
        raise ValidationError({"code": _("Choose a code from the list.")})
    if code in known.statuses:
        raise ValidationError({"code": _("%(code)s has a meaning already.") % {"code": code}})
    if sub_status and sub_status not in GIVABLE:
        raise ValidationError({"sub_status": _("Choose one of the meanings listed.")})
    before = CodeMeaning.objects.for_shop(shop).filter(carrier=carrier, code=code).first()
    values = {
        "sub_status": sub_status, "given_by": by.name[:80], "given_at": now, "applied_to": 0, "applied_at": None,
    }  # fmt: skip
    held: CodeMeaning
    held, _made = CodeMeaning.objects.for_shop(shop).update_or_create(
        shop=shop, carrier=carrier, code=code, defaults=values
    )
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="code.meaning",
        subject=f"code:{carrier}:{code}", before={"sub_status": before.sub_status if before else ""},
        after={"sub_status": sub_status},
    )  # fmt: skip
    return held
