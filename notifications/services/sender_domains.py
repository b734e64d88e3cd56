"""The domain a shop's mails come from: looked at when it is set, and again and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import Q

from notifications import sender_dns
from notifications.models import ChannelAccount, SenderDomain
from notifications.sender_asking import ask
from notifications.sender_dns import Needs, Seen
from tenants.isolation import shop_context
from tenants.models import Shop

log = structlog.get_logger(__name__)

UNFIT_EVERY, FIT_EVERY = timedelta(minutes=15), timedelta(days=1)
MISSES = 2  # looks in a row that find it gone: one may be a name server's bad day
Ask = Callable[[str, Needs, str], Seen | None]


def check(*, shop_id: int, now: datetime, ask: Ask = ask) -> SenderDomain | None:
    """Ask the DNS about the shop's From, and write down what it says. None where the shop has none of its own.

    Asks outside any transaction: call it without the shop's context. Where nobody answers, all stays as it was. Safe
    to repeat.
    """
    with shop_context(shop_id):
        account = _account(shop_id)
        if account is None:
            return None
        domain = sender_dns.domain_of(account.sender)
        provider, selector = (
            str(account.settings.get("provider", "")),
            str(account.settings.get("selector", "")),
        )
    needs = sender_dns.needs_of(provider, settings.EMAIL_SPF)
    seen = ask(domain, needs, selector)
    with shop_context(shop_id):
        held, _made = SenderDomain.objects.get_or_create(shop_id=shop_id, name=domain)
        if seen is None:
            SenderDomain.objects.for_shop(shop_id).filter(pk=held.pk).update(
                checked_at=now, findings={**held.findings, "unanswered": True}
            )
            held.refresh_from_db()
            return held
        found = sender_dns.findings(seen, needs, domain=domain)
        fit = sender_dns.is_fit(found, needs)
        misses = 0 if fit else int(held.findings.get("misses", 0)) + 1
        same = held.findings.get("provider") == provider
        held.is_fit = fit or (held.is_fit and same and misses < MISSES)
        held.findings = found | {"provider": provider, "misses": misses}
        held.checked_at = now
        held.save(update_fields=["is_fit", "findings", "checked_at"])
        _note(shop_id, domain, fit=held.is_fit)
    log.info("sender_checked", shop_id=shop_id, fit=held.is_fit)
    return held


def _account(shop_id: int) -> ChannelAccount | None:
    found: ChannelAccount | None = (
        ChannelAccount.objects.for_shop(shop_id).filter(channel="email").exclude(sender="").first()
    )
    return found


def _note(shop_id: int, domain: str, *, fit: bool) -> None:
    """Beside the sender, so that handing a mail over asks nothing more."""
    account = ChannelAccount.objects.select_for_update().for_shop(shop_id).filter(channel="email").first()
    if account and sender_dns.domain_of(account.sender) == domain and account.settings.get("fit") != fit:
        account.settings = {**account.settings, "fit": fit}
        account.save(update_fields=["settings"])


def check_due(*, now: datetime, until: Callable[[], bool], ask: Ask = ask) -> int:
    """Look at every domain whose time has come, shop by shop; return how many were looked at."""
    checked = 0
    due = Q(checked_at=None) | Q(is_fit=True, checked_at__lt=now - FIT_EVERY)
    due |= Q(is_fit=False, checked_at__lt=now - UNFIT_EVERY)
    for shop_id in Shop.objects.order_by("pk").values_list("pk", flat=True):
        if not until():
            break
        with shop_context(shop_id):
            account = _account(shop_id)
            domain = sender_dns.domain_of(account.sender) if account else ""
            waits = bool(domain) and (
                not SenderDomain.objects.for_shop(shop_id).filter(name=domain).exists()
                or SenderDomain.objects.for_shop(shop_id).filter(due, name=domain).exists()
            )
        if waits and check(shop_id=shop_id, now=now, ask=ask):
            checked += 1
    return checked
