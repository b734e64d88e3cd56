"""Stars and words about an order: taken, read by the shop before others see them, answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.db.models.functions import Now

from tenants import audit
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import Actor
from tracking.links import agents_url
from tracking.models import Order, Review, Shipment
from tracking.parcels import UNNAMED
from tracking.reviewing import MOST_NAME, MOST_TEXT, REJECTIONS, is_unhappy, suspicions, words_key
from tracking.services.announcing import after_commit
from tracking.services.notices import tell


class NeedsProofError(Exception):
    """What was said once is changed only by who proves the order is theirs."""


@dataclass(frozen=True, slots=True)
class Said:
    """Stars of 1 to 5. None leaves what there is."""

    shop_stars: int | None = None
    carrier_stars: int | None = None
    text: str | None = None
    name: str = ""  # as it is signed; empty: anonymous


def rate(*, shop: Shop, order: Order, said: Said, language: str, proved: bool, now: datetime) -> Review:
    """Keep what a shopper thinks of it. Raises NeedsProofError where it would change what was said before.

    One transaction, under the order's lock. Safe to repeat: the same again changes nothing.
    """
    with shop_context(shop.pk):
        held: Order = Order.objects.for_shop(shop).select_for_update(no_key=True).get(pk=order.pk)
        review: Review = Review.objects.for_shop(shop).filter(order=held).first() or Review(
            shop=shop, order=held, carrier=_carrier_of(held), language=language, written_at=now
        )
        changes = _changes(review, said)
        if any(getattr(review, name) not in (None, "") for name in changes) and not proved:
            raise NeedsProofError
        if not changes and review.pk:
            return review
        if "text" in changes:
            changes |= {"name": _line(said.name, MOST_NAME), "written_at": now}
        for name, value in changes.items():
            setattr(review, name, value)
        if "text" in changes or not review.pk:
            _judge(shop, review)
        review.save()
        Order.objects.for_shop(shop).filter(pk=held.pk).update(version=F("version") + 1, updated_at=Now())
        after_commit(changed=[held.token_hash])
        if is_unhappy(review.shop_stars, review.carrier_stars):
            _warn(shop, held, review, with_words="text" in changes)
        return review


def _changes(review: Review, said: Said) -> dict[str, object]:
    wanted = {
        "shop_stars": said.shop_stars,
        "carrier_stars": said.carrier_stars if review.carrier else None,
        "text": None if said.text is None else _words(said.text),
    }
    return {n: value for n, value in wanted.items() if value is not None and value != getattr(review, n)}


def _carrier_of(order: Order) -> str:
    """Who brought it."""
    parcels = Shipment.objects.for_shop(order.shop_id).filter(order=order, direction="outbound")
    named = parcels.exclude(carrier__in=list(UNNAMED))
    latest = named.order_by(F("delivered_at").desc(nulls_last=True), "pk")
    return latest.values_list("carrier", flat=True).first() or ""


def _judge(shop: Shop, review: Review) -> None:
    """Stars alone need nobody's leave. Words wait for a person, unless the shop waits for none and nothing
    looks wrong with them."""
    review.text_key = words_key(review.text)
    review.moderated_at, review.moderated_by, review.rejected_because = None, "", ""
    same = Review.objects.for_shop(shop).filter(text_key=review.text_key).exclude(pk=review.pk)
    wrong = suspicions(review.text, repeated=bool(review.text_key) and same.exists())
    review.status = "published" if not review.text or (shop.publish_reviews and not wrong) else "pending"


def _warn(shop: Shop, order: Order, review: Review, *, with_words: bool) -> None:
    stars = min(one for one in (review.shop_stars, review.carrier_stars) if one is not None)
    tell(
        order=order, kind="unhappy", key=f"unhappy:{review.pk}{':words' if with_words else ''}",
        recipient=shop.contact_email, language=shop.language,
        about={
            "stars": str(stars),
            "text": review.text,
            "url": agents_url(shop, f"orders/{order.pk}/"),
        },
    )  # fmt: skip


def publish(*, shop: Shop, review: Review, by: Actor, now: datetime) -> None:
    """Let others read it. One transaction; safe to repeat."""
    _settle(shop, review, by, now, status="published", rejected_because="")


def reject(*, shop: Shop, review: Review, because: str, by: Actor, now: datetime) -> None:
    """Keep it from others; `because` is one of REJECTIONS. Its stars no longer count. Safe to repeat."""
    if because not in REJECTIONS:
        raise ValueError(f"no reason to reject a review: {because}")
    _settle(shop, review, by, now, status="rejected", rejected_because=because)


def _settle(shop: Shop, review: Review, by: Actor, now: datetime, **fields: str) -> None:
    with shop_context(shop.pk):
        reviews = Review.objects.for_shop(shop).filter(pk=review.pk)
        if not reviews.exclude(**fields).update(moderated_at=now, moderated_by=by.name, **fields):
            return
        audit.record(
            shop=shop, actor=by.name, role=by.role, address=by.address, action=f"review.{fields['status']}",
            subject=f"order:{review.order_id}", after={"because": fields["rejected_because"]},
        )  # fmt: skip


def answer(*, shop: Shop, review: Review, text: str, by: Actor) -> None:
    """Say something to it that all may read; empty takes it back. One transaction; safe to repeat."""
    with shop_context(shop.pk):
        said = _words(text)
        if not Review.objects.for_shop(shop).filter(pk=review.pk).exclude(answer=said).update(answer=said):
            return
        audit.record(
            shop=shop, actor=by.name, role=by.role, address=by.address, action="review.answered",
            subject=f"order:{review.order_id}",
        )  # fmt: skip


def _words(text: str) -> str:
    """Paragraphs as they were written, without what nobody can see."""
    lines = (
        "".join(c for c in line if c.isprintable()).strip() for line in text[: MOST_TEXT * 2].splitlines()
    )
    return "\n".join(lines).strip()[:MOST_TEXT]


def _line(text: str, most: int) -> str:
    return " ".join(_words(text).split())[:most]
