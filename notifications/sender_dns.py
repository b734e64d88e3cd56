"""Whether the world takes a shop's mails for the shop's: what SPF, DKIM and DMARC say, and the records to add. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

# Nobody else may write in the name of these: their owners tell the world to refuse it.
FREE_MAIL = frozenset(
    "gmail.com googlemail.com yahoo.com yahoo.es yahoo.fr yahoo.it yahoo.de yahoo.co.uk yahoo.com.br ymail.com "  # noqa: SIM905
    "rocketmail.com aol.com aol.de hotmail.com hotmail.es hotmail.fr hotmail.it hotmail.de hotmail.co.uk "
    "outlook.com outlook.es outlook.fr outlook.it outlook.de live.com live.fr live.it msn.com icloud.com me.com "
    "mac.com gmx.de gmx.net gmx.com gmx.at gmx.ch web.de t-online.de freenet.de mail.com mail.ru yandex.ru "
    "proton.me protonmail.com orange.fr wanadoo.fr free.fr laposte.net sfr.fr libero.it virgilio.it tiscali.it "
    "alice.it tin.it uol.com.br bol.com.br terra.com.br ig.com.br zohomail.com fastmail.com telefonica.net".split()
)
OK, MISSING, WRONG, UNNEEDED = "ok", "missing", "wrong", "unneeded"
MOST_ASKED = 10  # look-ups an SPF may cost: RFC 7208, 4.6.4


@dataclass(frozen=True, slots=True)
class Needs:
    """What a provider needs in the domain's DNS. `spf`: the name to include; empty: it sends under a return address of its
    own. `selectors`: where its keys are; those it makes up for each account are not among them. `vouches`: it sends
    for no domain that has not been proved to it."""

    spf: str = ""
    also: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
    vouches: bool = True


NEEDS: Mapping[str, Needs] = {
    "ses": Needs(),
    "sendgrid": Needs(selectors=("s1", "s2")),
    "mailgun": Needs(
        spf="mailgun.org",
        also=("eu.mailgun.org",),
        selectors=("k1", "mx", "pic", "smtp", "mailo", "email", "pdk1", "pdk2"),
    ),
    "postmark": Needs(selectors=("pm",)),
    "brevo": Needs(spf="spf.brevo.com", also=("spf.sendinblue.com",), selectors=("brevo1", "brevo2", "mail")),
    "resend": Needs(selectors=("resend",)),
    "smtp": Needs(
        vouches=False,
        selectors=("default", "dkim", "mail", "s1", "s2", "selector1", "selector2", "google", "k1", "x"),
    ),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the DNS answered. `spf`: the records of the domain that begin so; `included`: every name they lead to; `keys`: by
    selector; `has_keys`: there is something below _domainkey; `dmarc`: of the domain or above it."""

    spf: tuple[str, ...] = ()
    included: frozenset[str] = frozenset()
    keys: Mapping[str, str] = field(default_factory=dict)
    has_keys: bool = False
    dmarc: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One line to add to the DNS. `value` empty: the provider shows it, and it is another one for each account."""

    kind: str
    name: str
    value: str


def needs_of(provider: str, house_spf: str = "") -> Needs:
    """`house_spf`: what the installation asks to be included for its own mail server."""
    return NEEDS.get(provider) or Needs(spf=house_spf.removeprefix("include:"), vouches=False)


def findings(seen: Seen, needs: Needs, *, domain: str) -> dict[str, Any]:
    """As SenderDomain keeps it: each of the three with its state and what was found."""
    return {
        "spf": _spf(seen, needs),
        "dkim": _dkim(seen, needs),
        "dmarc": _dmarc(seen),
        "domain": domain,
    }


def is_fit(found: Mapping[str, Any], needs: Needs) -> bool:
    """Whether a mail from this domain passes for its own. A signature is enough; where mails leave from a server nobody
    vouches for, so is an SPF that names it."""
    if found["dkim"]["state"] == OK:
        return True
    return not needs.vouches and found["spf"]["state"] == OK


def _spf(seen: Seen, needs: Needs) -> dict[str, str]:
    said = " · ".join(seen.spf)
    if len(seen.spf) > 1:
        return {"state": WRONG, "found": said, "why": "several"}
    if needs.vouches and not needs.spf:
        return {"state": UNNEEDED, "found": said, "why": ""}
    if not seen.spf:
        return {"state": MISSING, "found": "", "why": ""}
    wanted = {needs.spf, *needs.also} - {""}
    if wanted and not wanted & seen.included:
        return {"state": WRONG, "found": said, "why": "not_included"}
    if re.search(r"(^|\s)\+?all(\s|$)", said):
        return {"state": WRONG, "found": said, "why": "anybody"}
    return {"state": OK, "found": said, "why": ""}


def _dkim(seen: Seen, needs: Needs) -> dict[str, str]:
    good = [name for name, value in seen.keys.items() if re.search(r"(^|;)\s*p\s*=\s*[A-Za-z0-9+/]", value)]
    if good:
        return {"state": OK, "found": ", ".join(f"{name}._domainkey" for name in good), "why": ""}
    if seen.keys:
        return {"state": WRONG, "found": " · ".join(seen.keys.values())[:200], "why": "void"}
    if seen.has_keys and needs.vouches:
        # A key whose name we do not know. The provider sends for no domain it has not proved itself.
        return {"state": OK, "found": "_domainkey", "why": "unnamed"}
    return {"state": MISSING, "found": "", "why": ""}


def _dmarc(seen: Seen) -> dict[str, str]:
    said = " · ".join(seen.dmarc)
    if not seen.dmarc:
        return {"state": MISSING, "found": "", "why": ""}
    policy = re.search(r"(?:^|;)\s*p\s*=\s*(none|quarantine|reject)", said, re.IGNORECASE)
    if len(seen.dmarc) > 1 or policy is None:
        return {"state": WRONG, "found": said, "why": "several" if len(seen.dmarc) > 1 else "no_policy"}
    return {"state": OK, "found": said, "why": policy.group(1).lower()}


def records(
    found: Mapping[str, Any], needs: Needs, *, provider: str, selector: str, spf: Collection[str] = ()
) -> list[Record]:
    """What is missing in the DNS, line by line. An SPF that is there is not replaced but added to."""
    domain, wanted = found["domain"], []
    if found["spf"]["state"] in (MISSING, WRONG) and (needs.spf or not needs.vouches):
        wanted.append(Record("TXT", domain, _spf_to_set(found["spf"], needs)))
    if found["dkim"]["state"] in (MISSING, WRONG):
        wanted += _keys_to_set(domain, provider, needs, selector)
    if found["dmarc"]["state"] == MISSING:
        wanted.append(Record("TXT", f"_dmarc.{domain}", "v=DMARC1; p=none;"))
    return wanted


def _spf_to_set(found: Mapping[str, str], needs: Needs) -> str:
    include = f"include:{needs.spf}" if needs.spf else "mx"
    one = found["found"].partition(" · ")[0]
    if not one:
        return f"v=spf1 {include} ~all"
    terms = [term for term in one.split()[1:] if not re.fullmatch(r"[+?~-]?all", term)]
    rest = [term.split()[1:] for term in found["found"].split(" · ")[1:]]
    terms += [term for terms_of in rest for term in terms_of if not re.fullmatch(r"[+?~-]?all", term)]
    ending = "-all" if " -all" in one else "~all"
    return " ".join(["v=spf1", *dict.fromkeys([*terms, include]), ending])


def _keys_to_set(domain: str, provider: str, needs: Needs, selector: str) -> list[Record]:
    if provider == "brevo":
        # https://help.brevo.com/hc/en-us/articles/12163873383186
        there = domain.replace(".", "-")
        return [
            Record("CNAME", f"brevo{n}._domainkey.{domain}", f"b{n}.{there}.dkim.brevo.com") for n in (1, 2)
        ]
    if provider == "sendgrid":
        return [Record("CNAME", f"{name}._domainkey.{domain}", "") for name in ("s1", "s2")]
    kind = "CNAME" if provider == "ses" else "TXT"
    name = selector or (needs.selectors[0] if provider in ("resend", "mailgun") else "…")
    return [Record(kind, f"{name}._domainkey.{domain}", "")]


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].strip().lower().rstrip(".")
