"""Asks the DNS what it says of a shop's mail. Never inside a transaction: it may take seconds."""

from __future__ import annotations

from collections.abc import Iterable

import dns.exception
import dns.resolver

from notifications.sender_dns import MOST_ASKED, Needs, Seen
from tenants.resolving import resolver, texts

MOST_LABELS = 5


def ask(domain: str, needs: Needs, selector: str = "") -> Seen | None:
    """None where no name server answered: then nothing is known, and nothing changes."""
    asked = resolver()
    try:
        spf = _beginning(texts(asked, domain), "v=spf1")
        return Seen(
            spf=spf,
            included=_included(asked, spf),
            keys=_keys(asked, domain, [selector, *needs.selectors]),
            has_keys=_exists(asked, f"_domainkey.{domain}"),
            dmarc=_dmarc(asked, domain),
        )
    except (dns.exception.DNSException, OSError, ValueError):
        return None


def _beginning(found: Iterable[str], with_: str) -> tuple[str, ...]:
    return tuple(sorted(one for one in found if one.lower().startswith(with_.lower())))


def _included(asked: dns.resolver.Resolver, spf: Iterable[str]) -> frozenset[str]:
    """Every name an SPF takes in, also by way of another one."""
    seen: set[str] = set()
    open_ = [name for record in spf for name in _names(record)]
    while open_ and len(seen) < MOST_ASKED:
        name = open_.pop(0)
        if name in seen:
            continue
        seen.add(name)
        open_ += [n for record in _beginning(texts(asked, name), "v=spf1") for n in _names(record)]
    return frozenset(seen)


def _names(record: str) -> list[str]:
    terms = (term.lower().lstrip("+?~-") for term in record.split())
    found = (
        term.partition(":")[2] or term.partition("=")[2]
        for term in terms
        if term[:8] in ("include:", "redirect")
    )
    return [name.rstrip(".") for name in found if name and "%" not in name]


def _keys(asked: dns.resolver.Resolver, domain: str, selectors: Iterable[str]) -> dict[str, str]:
    found = {}
    for name in dict.fromkeys(filter(None, selectors)):
        said = [one for one in texts(asked, f"{name}._domainkey.{domain}") if "p=" in one.replace(" ", "")]
        if said:
            found[name] = said[0]
    return found


def _exists(asked: dns.resolver.Resolver, name: str) -> bool:
    """A name below which there are others exists, though it has no records of its own (RFC 8020)."""
    try:
        asked.resolve(name, "TXT", search=False)
    except dns.resolver.NXDOMAIN:
        return False
    except dns.resolver.NoAnswer:
        return True
    return True


def _dmarc(asked: dns.resolver.Resolver, domain: str) -> tuple[str, ...]:
    """Of the domain, else of the nearest above it that has one."""
    labels = domain.split(".")[-MOST_LABELS:]
    while len(labels) > 1:
        if found := _beginning(texts(asked, f"_dmarc.{'.'.join(labels)}"), "v=DMARC1"):
            return found
        labels = labels[1:]
    return ()
