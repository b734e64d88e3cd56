"""A shop's own host names: said, proved by their DNS, watched, given up. Writes leave an audit entry."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from tenants import audit
from tenants.domains import Problem, cannot_be_used, plain_host
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.models import Host, Shop
from tenants.services import SYSTEM, Actor

MOST = 10  # names of a shop
UNPROVED_EVERY, UNPROVED_FOR = timedelta(minutes=10), timedelta(days=3)
PROVED_EVERY = timedelta(days=1)
WARNS_AFTER = 3  # checks in a row: one may be a name server's bad day
PROVED = "proved-hosts"  # in the cache: those a certificate may be fetched for, for when the database is away

Check = Callable[[str, str], Problem]


@transaction.atomic
def add_host(*, shop: Shop, said: str, by: Actor) -> Host:
    """Note that a name is the shop's; its DNS has to prove it. Safe to repeat. Raises ValidationError.

    A name that another shop has proved is refused like one that nobody may have.
    """
    host = plain_host(said, ours=[*settings.SITE_HOSTS, settings.DOMAINS_TARGET])
    known = Host.objects.filter(shop=shop, host=host).first()
    if known:
        return known
    if Host.objects.filter(host=host, verified_at__isnull=False, failures__lt=WARNS_AFTER).exists():
        raise cannot_be_used()
    if len(Host.objects.select_for_update().filter(shop=shop).values_list("pk")) >= MOST:
        raise ValidationError(_("No more than %(count)d names, please: remove one first.") % {"count": MOST})
    made = Host.objects.create(shop=shop, host=host, proof_key=f"rastro-{secrets.token_urlsafe(18)}")
    _note(shop, by, "domain.added", made)
    return made


@transaction.atomic
def settle(*, host_id: int, found: Problem, now: datetime) -> Host | None:
    """Write down what a check found; None where the name was removed meanwhile. Safe to repeat.

    A proved name stays proved whatever is found: shoppers hold its links. Unless its DNS says it is another
    shop's: that one's check, three failures of this one's later, takes it over.
    """
    host = Host.objects.select_for_update().select_related("shop").filter(pk=host_id).first()
    if host is None:
        return None
    if found is Problem.NONE and host.verified_at is None and not _verify(host, now):
        found = Problem.TAKEN
    host.checked_at, host.problem = now, str(found)
    host.failures = 0 if found is Problem.NONE else min(host.failures + 1, 1000)
    host.save(update_fields=["checked_at", "problem", "failures"])
    return host


def _verify(host: Host, now: datetime) -> bool:
    """False where the name is another shop's, who proves it still."""
    others = Host.objects.filter(host=host.host, verified_at__isnull=False).exclude(pk=host.pk)
    for lost in (
        others.filter(failures__gte=WARNS_AFTER).select_for_update(of=["self"]).select_related("shop")
    ):
        Host.objects.filter(pk=lost.pk).update(verified_at=None, primary=False)
        with shop_context(lost.shop_id):
            _note(lost.shop, SYSTEM, "domain.lost", lost)
    try:
        with transaction.atomic():
            Host.objects.filter(pk=host.pk).update(verified_at=now)
    except IntegrityError:
        return False
    host.verified_at = now
    with shop_context(host.shop_id):
        _note(host.shop, SYSTEM, "domain.proved", host)
        if not Host.objects.filter(shop_id=host.shop_id, primary=True).exists():
            Host.objects.filter(pk=host.pk).update(primary=True)
            host.primary = True
    transaction.on_commit(_tell_all)
    return True


@transaction.atomic
def set_primary(*, shop: Shop, host: Host, by: Actor) -> None:
    """Messages carry its links from now on. Raises ValidationError for a name that is not proved."""
    if host.verified_at is None:
        raise ValidationError(_("Its DNS has to prove first that it is yours."))
    Host.objects.filter(shop=shop, primary=True).exclude(pk=host.pk).update(primary=False)
    if Host.objects.filter(shop=shop, pk=host.pk, primary=False).update(primary=True):
        _note(shop, by, "domain.primary", host)


@transaction.atomic
def remove_host(*, shop: Shop, host: Host, by: Actor) -> None:
    """It serves nothing any more; links that carry it lead nowhere. Safe to repeat."""
    gone, _by_model = Host.objects.filter(pk=host.pk, shop=shop).delete()
    if gone:
        _note(shop, by, "domain.removed", host)
        transaction.on_commit(_tell_all)


def _note(shop: Shop, by: Actor, action: str, host: Host) -> None:
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action=action, subject=f"host:{host.pk}",
        after={"name": host.host},
    )  # fmt: skip


def _tell_all() -> None:
    forget_shops()
    publish()


# --- Watching ---


def due(now: datetime) -> QuerySet[Host]:
    """Those to be checked now, the longest unchecked first."""
    unchecked = Q(checked_at=None) | Q(checked_at__lte=now - UNPROVED_EVERY)
    fresh = Q(verified_at=None, added_at__gt=now - UNPROVED_FOR) & unchecked
    proved = Q(verified_at__isnull=False) & (Q(checked_at=None) | Q(checked_at__lte=now - PROVED_EVERY))
    waiting = Host.objects.filter(fresh | proved, shop__suspended_at=None).exclude(proof_key="")
    return waiting.order_by(F("checked_at").asc(nulls_first=True), "pk")


def claim(host: Host, now: datetime) -> bool:
    """Whether it is ours to check: of several workers one is told so."""
    same = Host.objects.filter(pk=host.pk, checked_at=host.checked_at)
    return bool(same.update(checked_at=now))


def check_due(*, now: datetime, check: Check, until: Callable[[], bool]) -> int:
    """Check one name after another while `until` says there is time; return how many."""
    count = 0
    for host in due(now)[:100]:
        if not until():
            break
        if claim(host, now):
            settle(host_id=host.pk, found=check(host.host, host.proof_key), now=now)
            count += 1
    return count


def publish() -> None:
    """Leave the list of proved names where it is found without the database."""
    hosts = Host.objects.filter(verified_at__isnull=False, shop__suspended_at=None)
    cache.set(PROVED, sorted(hosts.values_list("host", flat=True)), timeout=None)
