"""Which names may be a shop's own host, and what their DNS must say. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum
from ipaddress import ip_address

import idna
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Names nobody owns, or that mean something else on every machine: RFC 6761, RFC 8375, ICANN's "internal".
RESERVED = (
    "localhost", "local", "internal", "invalid", "test", "onion", "arpa", "lan", "home", "corp", "intranet", "localdomain",
)  # fmt: skip
# Below a country, names that are registries' and nobody's in particular: com.es, co.uk, or.jp.
REGISTRIES = frozenset({
    "ac", "adm", "ad", "art", "asn", "asso", "biz", "blog", "co", "com", "coop", "ed", "edu", "emp", "eng", "firm", "fin", "gen",
    "go", "gob", "gop", "gouv", "gov", "govt", "gr", "ind", "inf", "info", "int", "jus", "law", "ltd", "me", "med", "mil", "mod",
    "mus", "name", "ne", "net", "nhs", "nom", "ong", "or", "org", "plc", "police", "pp", "press", "pri", "pro", "pub", "radio",
    "res", "sch", "sld", "tm", "tur", "tv", "web",
})  # fmt: skip
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
LONGEST = 230  # characters: `_rastro.` goes before it, and 253 is a name's most


class Problem(StrEnum):
    """What a check of a name's DNS found; empty where all is well."""

    NONE = ""
    NO_PROOF = "no_proof"  # there is no key
    OTHER_PROOF = "other_proof"  # there is a key, and it is not this one
    ELSEWHERE = "elsewhere"  # the name does not lead here
    UNANSWERED = "unanswered"  # no name server answered
    TAKEN = "taken"  # another shop has proved that it is theirs


def plain_host(said: str, *, ours: Collection[str]) -> str:
    """The name as the DNS has it: lower case, punycode. `ours`: the installation's own. Raises ValidationError."""
    name = said.strip().lower().removeprefix("https://").removeprefix("http://").split("/", 1)[0].rstrip(".")
    if not name or any(c in name for c in " :@?#[]\\%,;*_"):
        raise _not_a_name()
    try:
        host = idna.encode(name, uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise _not_a_name() from error
    labels = host.split(".")
    if len(host) > LONGEST or not all(_LABEL.fullmatch(label) for label in labels):
        raise _not_a_name()
    if len(labels) < 2 or is_address(host) or labels[-1].isdigit():
        raise _not_a_name()
    if labels[-1] in RESERVED or is_registry(labels) or _is_ours(host, ours):
        raise cannot_be_used()
    return host


def is_registry(labels: list[str]) -> bool:
    """Whether everybody's names are below it. A short list: whoever owns such a name proves it in its DNS anyway."""
    return len(labels) == 2 and len(labels[1]) == 2 and labels[0] in REGISTRIES


def is_address(said: str) -> bool:
    try:
        ip_address(said)
    except ValueError:
        return False
    return True


def _is_ours(host: str, ours: Collection[str]) -> bool:
    return any(host == own or host.endswith(f".{own}") for own in ours if own and not is_address(own))


def _not_a_name() -> ValidationError:
    return ValidationError(
        _("Write a name like tracking.your-shop.com, without https:// and without a path.")
    )


def cannot_be_used() -> ValidationError:
    """Says nothing of why: whose it is concerns nobody else."""
    return ValidationError(_("This name cannot be used."))


def proof_name(host: str) -> str:
    return f"_rastro.{host}"
