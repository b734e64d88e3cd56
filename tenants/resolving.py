"""Asks the DNS whether a name is its shop's, and leads here. Never inside a transaction: it may take seconds."""

from __future__ import annotations

import dns.exception
import dns.nameserver
import dns.resolver
from django.conf import settings

from tenants.domains import Problem, is_address, proof_name

TIMEOUT_S = 3.0  # for each question, however many servers there are
MOST_ALIASES = 8


def check(host: str, proof_key: str) -> Problem:
    """Its key first: who does not own the name need not be told where it leads."""
    asked = resolver()
    try:
        keys = texts(asked, proof_name(host))
        if proof_key not in keys:
            return Problem.OTHER_PROOF if keys else Problem.NO_PROOF
        return Problem.NONE if _leads_here(asked, host) else Problem.ELSEWHERE
    except (dns.exception.DNSException, OSError, ValueError):
        return Problem.UNANSWERED


def resolver() -> dns.resolver.Resolver:
    """The machine's own name servers, unless DNS_SERVERS names others."""
    servers: list[str] = settings.DNS_SERVERS
    asked = dns.resolver.Resolver(configure=not servers)
    if servers:
        asked.nameservers = [_server(said) for said in servers]
    asked.lifetime, asked.timeout = TIMEOUT_S, TIMEOUT_S / 2
    asked.cache = None  # somebody has just changed it, and wants to see it
    return asked


def _server(said: str) -> dns.nameserver.Nameserver:
    address, _colon, port = said.rpartition(":") if said.count(":") == 1 else (said, "", "")
    return dns.nameserver.Do53Nameserver(address, int(port or 53))


def texts(asked: dns.resolver.Resolver, name: str) -> set[str]:
    """Its TXT records, each in one piece. Raises what dnspython raises where nobody answers."""
    try:
        found = asked.resolve(name, "TXT", search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return set()
    return {b"".join(record.strings).decode("ascii", "replace").strip() for record in found}


def _leads_here(resolver: dns.resolver.Resolver, host: str) -> bool:
    """By an alias, or by an address that is also the target's: an apex can have no alias."""
    target: str = settings.DOMAINS_TARGET
    if not is_address(target) and target in _aliases(resolver, host):
        return True
    there = {target} if is_address(target) else _addresses(resolver, target)
    return bool(there & _addresses(resolver, host))


def _aliases(resolver: dns.resolver.Resolver, host: str) -> list[str]:
    found: list[str] = []
    name = host
    while len(found) < MOST_ALIASES:
        try:
            answer = resolver.resolve(name, "CNAME", search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            break
        name = str(answer[0].target).rstrip(".").lower()
        found.append(name)
    return found


def _addresses(resolver: dns.resolver.Resolver, host: str) -> set[str]:
    found: set[str] = set()
    for kind in ("A", "AAAA"):
        try:
            found |= {str(record.address) for record in resolver.resolve(host, kind, search=False)}
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            continue
    return found
