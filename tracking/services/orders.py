"""What a shop does to an order: asserts, cancels, overrides, records a milestone, makes its page's key void."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from tenants import audit
from tenants.isolation import shop_context
from tenants.models import KeyHash, Shop
from tenants.services import Actor
from tenants.vault import digest, page_token
from tracking.models import Milestone, Order, ShopState
from tracking.services.announcing import after_commit
from tracking.services.checking import CANCEL_REASONS
from tracking.services.incoming import Refused
from tracking.services.refolding import NO_OVERRIDE, Cause, Passed, reached, refold, write
from tracking.services.values import Notes, is_web_address
from tracking.states import ASSERTABLE, STATES, OrderState, StateKind, Until


def refold_orders(*, shop_id: int, order_ids: Collection[int], now: datetime, cause: str) -> list[Passed]:
    """Work out anew where orders stand, as time passes or something about them changed; return what moved.

    One transaction. Safe to repeat: an order that stands where it stood is not written.
    """
    with shop_context(shop_id):
        return refold(shop_id=shop_id, order_ids=order_ids, now=now, cause=Cause(cause))


def assert_state(
    *,
    shop: Shop,
    order: Order,
    state: str,
    by: Actor,
    now: datetime,
    occurred_at: datetime | None = None,
) -> Order:
    """Put the order where the shop says it is: being prepared, handed over. Raises Refused.

    One transaction. Safe to repeat; and a word older than the last one changes nothing. Once a parcel moves,
    its carrier's word counts for more.
    """
    if state not in ASSERTABLE:
        names = ", ".join(known for known in OrderState if known in ASSERTABLE)
        raise Refused.because(
            "state", _("An order can be put in one of these states: %(states)s.") % {"states": names}
        )
    said_at = occurred_at or now
    with shop_context(shop.pk):
        held = _locked(shop, order)
        if held.asserted == state or said_at < held.asserted_at:
            return held
        return _change(
            shop, held, {"asserted": state, "asserted_at": said_at}, by=by, now=now, action="order.asserted"
        )


def cancel(*, shop: Shop, order: Order, reason: str, by: Actor, now: datetime) -> Order:
    """Cancel the order; `reason` is "shop", "shopper" or "payment". Raises Refused.

    One transaction. Safe to repeat. Parcels under way go on, and ask for somebody's attention.
    """
    if reason not in CANCEL_REASONS:
        names = ", ".join(CANCEL_REASONS)
        raise Refused.because(
            "reason", _("The reason must be one of these: %(reasons)s.") % {"reasons": names}
        )
    with shop_context(shop.pk):
        held = _locked(shop, order)
        if held.cancelled_at:
            return held
        fields = {"cancelled_at": now, "cancel_reason": reason}
        return _change(shop, held, fields, by=by, now=now, action="order.cancelled")


def reopen(*, shop: Shop, order: Order, by: Actor, now: datetime) -> Order:
    """Take a cancellation back. One transaction; safe to repeat."""
    with shop_context(shop.pk):
        held = _locked(shop, order)
        if held.cancelled_at is None:
            return held
        fields = {"cancelled_at": None, "cancel_reason": ""}
        return _change(shop, held, fields, by=by, now=now, action="order.reopened", at=now)


def override(
    *,
    shop: Shop,
    order: Order,
    state: str,
    until: str,
    date: date | None = None,
    reason: str = "",
    by: Actor,
    now: datetime,
) -> Order:
    """Show `state` in place of what the parcels say, until a carrier says something new ("next_event"), to the
    end of a day ("date"), or "forever". Raises Refused. One transaction; safe to repeat."""
    notes = Notes()
    if state not in STATES or STATES[OrderState(state)].kind is StateKind.MILESTONE:
        notes.add("state", _("This is not a state an order can be in."))
    if until not in set(Until):
        notes.add("until", _("Say how long it holds: next_event, date or forever."))
    elif until == Until.DATE:
        if date is None:
            notes.add("date", _("Say the last day it holds."))
        elif notes.day("date", date) and date < now.astimezone(ZoneInfo(shop.time_zone)).date():
            notes.add("date", _("This day has passed already."))
    why = notes.text("reason", reason, 200)
    notes.settle()
    with shop_context(shop.pk):
        held = _locked(shop, order)
        day = date if until == Until.DATE else None
        if (held.override_state, held.override_until, held.override_date) == (state, until, day):
            return held
        fields = {
            "override_state": state,
            "override_by": by.name[:120],
            "override_reason": why,
            "override_until": until,
            "override_date": day,
            "override_at": now,
        }
        return _change(shop, held, fields, by=by, now=now, action="order.overridden")


def clear_override(*, shop: Shop, order: Order, by: Actor, now: datetime) -> Order:
    """Let the parcels speak again. One transaction; safe to repeat."""
    with shop_context(shop.pk):
        held = _locked(shop, order)
        if not held.override_state:
            return held
        return _change(shop, held, NO_OVERRIDE, by=by, now=now, action="order.override_cleared", at=now)


def record_milestone(
    *,
    shop: Shop,
    order: Order,
    code: str,
    at: datetime,
    reference: str = "",
    url: str = "",
    by: Actor,
    now: datetime,
) -> Milestone:
    """Note something that happened to the order beside its states: an invoice was issued. Raises Refused.

    One transaction. Safe to repeat: known by code and reference; said again, its address and time are
    corrected, and nobody is told twice.
    """
    notes = Notes()
    code, reference = notes.text("code", code, 32), notes.text("reference", reference, 80)
    at = notes.moment("at", at, now)
    if url and not is_web_address(url := notes.text("url", url, 500)):
        notes.add("url", _("This must be an address that begins with https://."))
    notes.settle()
    with shop_context(shop.pk):
        if code not in _milestones(shop):
            names = ", ".join(sorted(_milestones(shop)))
            raise Refused.because("code", _("A milestone is one of these: %(codes)s.") % {"codes": names})
        held = _locked(shop, order)
        found = Milestone.objects.for_shop(shop).filter(order=held, code=code)
        known: Milestone | None = found.filter(reference=reference).first()
        if known and (known.at, known.url) == (at, url):
            return known
        if known is None:
            _announce_milestone(shop, held, code, episode=found.count(), at=at, by=by, now=now)
        milestone: Milestone
        milestone, _made = Milestone.objects.for_shop(shop).update_or_create(
            shop=shop, order=held, code=code, reference=reference, defaults={"at": at, "url": url}
        )
        _touch(shop, held)
        _witness(shop, by, "order.milestone", held, None, {"code": code, "reference": reference})
        return milestone


def revoke_page(*, shop: Shop, order: Order, by: Actor) -> Order:
    """Make the page's address void and give it a new one. One transaction; each call makes another."""
    with shop_context(shop.pk):
        held = _locked(shop, order)
        turn, old = held.token_turn + 1, held.token_hash
        fresh = digest(page_token(shop_id=shop.pk, order_id=held.pk, turn=turn))
        Order.objects.for_shop(shop).filter(pk=held.pk).update(
            token_turn=turn, token_hash=fresh, gift_hash=""
        )
        KeyHash.objects.filter(hash__in=[old, held.gift_hash]).delete()  # the link for a present goes with it
        KeyHash.objects.create(hash=fresh, shop=shop, kind="page")
        after_commit(changed=[key for key in (old, held.gift_hash) if key])
        held.token_turn, held.token_hash = turn, fresh
        _touch(shop, held)
        _witness(shop, by, "order.page_revoked", held, None, {"turn": turn})
        return _again(held)


def _locked(shop: Shop, order: Order) -> Order:
    held: Order = Order.objects.for_shop(shop).select_for_update(no_key=True).get(pk=order.pk)
    return held


def _again(held: Order) -> Order:
    held.refresh_from_db()
    return held


def _change(
    shop: Shop,
    held: Order,
    fields: dict[str, Any],
    *,
    by: Actor,
    now: datetime,
    action: str,
    at: datetime | None = None,
) -> Order:
    """Set fields of a locked order, work out where it stands, tell the audit."""
    before = {name: getattr(held, name) for name in fields}
    Order.objects.for_shop(shop).filter(pk=held.pk).update(**fields)
    refold(shop_id=shop.pk, order_ids=[held.pk], now=now, cause=Cause(by.name, at=at), shown=True)
    _witness(shop, by, action, held, before, fields)
    return _again(held)


def _witness(
    shop: Shop, by: Actor, action: str, order: Order, before: dict[str, Any] | None, after: dict[str, Any]
) -> None:
    """Persons are audited; what programs do is told by the transitions."""
    if by.name.startswith("user:"):
        audit.record(
            shop=shop, actor=by.name, role=by.role, address=by.address, action=action,
            subject=f"order:{order.pk}", before=_plain(before), after=_plain(after),
        )  # fmt: skip


def _plain(fields: dict[str, Any] | None) -> dict[str, Any] | None:
    """As JSON keeps it; without the reason, in which people may write anything."""
    if fields is None:
        return None
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in fields.items()
        if name != "override_reason"
    }


def _touch(shop: Shop, order: Order) -> None:
    """Have the order's page rendered anew."""
    Order.objects.for_shop(shop).filter(pk=order.pk).update(version=F("version") + 1, updated_at=Now())
    after_commit(changed=[order.token_hash])


def _milestones(shop: Shop) -> set[str]:
    """Codes of milestones: the ones there are, and the shop's own."""
    own = ShopState.objects.for_shop(shop).filter(kind=StateKind.MILESTONE).values_list("code", flat=True)
    return {state.value for state in OrderState if STATES[state].kind is StateKind.MILESTONE} | set(own)


def _announce_milestone(
    shop: Shop, order: Order, code: str, *, episode: int, at: datetime, by: Actor, now: datetime
) -> None:
    made = reached(
        shop_id=shop.pk, order_id=order.pk, code=code, episode=episode, at=at, cause=Cause(by.name),
        quiet_before=order.quiet_before, now=now,
    )  # fmt: skip
    kept = write([made])
    after_commit(has_moved=any(t.announced_at is None for t in kept))
