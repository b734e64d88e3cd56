"""What the DNS says of a shop's mails, in words, and why an address is not written to. Data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

TONES = {"ok": "ok", "missing": "bad", "wrong": "bad", "unneeded": ""}
STATES: Mapping[str, str | Promise] = {
    "ok": gettext_lazy("Right"),
    "missing": gettext_lazy("Missing"),
    "wrong": gettext_lazy("Not right"),
    "unneeded": gettext_lazy("Not needed"),
}
ABOUT: Mapping[str, str | Promise] = {
    "spf": gettext_lazy("SPF names the servers that may send in your domain’s name."),
    "dkim": gettext_lazy(
        "DKIM is the key that mails are signed with, so that nobody can change or forge them."
    ),
    "dmarc": gettext_lazy("DMARC says what to do with mails that are neither. Gmail and Yahoo want one."),
}
SAID: Mapping[tuple[str, str, str], str | Promise] = {
    ("spf", "wrong", "several"): gettext_lazy(
        "There are several SPF records. Only one counts: make them one."
    ),
    ("spf", "wrong", "not_included"): gettext_lazy("There is one, but it does not name who sends for you."),
    ("spf", "wrong", "anybody"): gettext_lazy("It lets anybody in the world send in your name."),
    ("spf", "unneeded", ""): gettext_lazy("Your provider sends under a return address of its own."),
    ("dkim", "ok", "unnamed"): gettext_lazy(
        "There are keys, under a name we do not know. Your provider checks them before it sends."
    ),
    ("dkim", "wrong", "void"): gettext_lazy("There is a record, but no key in it: it was withdrawn."),
    ("dkim", "missing", ""): gettext_lazy("No key was found where your provider usually has it."),
    ("dmarc", "ok", "none"): gettext_lazy("It is there, and only watches. That is enough."),
    ("dmarc", "ok", "quarantine"): gettext_lazy("Forged mails are put aside as spam."),
    ("dmarc", "ok", "reject"): gettext_lazy("Forged mails are refused."),
    ("dmarc", "missing", ""): gettext_lazy(
        "Mails arrive without it, but large mailbox providers trust you less."
    ),
    ("dmarc", "wrong", "several"): gettext_lazy("There are several, so none counts."),
    ("dmarc", "wrong", "no_policy"): gettext_lazy("It does not say what to do: p= is missing."),
}
WHY_SUPPRESSED: Mapping[str, str | Promise] = {
    "bounced": gettext_lazy("Messages came back"),
    "complained": gettext_lazy("Marked as spam"),
    "stopped": gettext_lazy("Answered STOP"),
    "dead": gettext_lazy("Takes no messages"),
    "agent": gettext_lazy("Added by hand"),
}


@dataclass(frozen=True, slots=True)
class Point:
    name: str
    tone: str
    state: str
    about: str
    said: str
    found: str


def points_of(findings: Mapping[str, Any]) -> list[Point]:
    found = []
    for code in ("spf", "dkim", "dmarc"):
        one = findings.get(code)
        if one:
            said = SAID.get((code, one["state"], one["why"]), "")
            # Without DMARC mails arrive: it is advice, not a fault.
            tone = "warn" if code == "dmarc" and one["state"] != "ok" else TONES[one["state"]]
            found.append(
                Point(
                    code.upper(), tone, str(STATES[one["state"]]), str(ABOUT[code]), str(said), one["found"]
                )
            )
    return found


def why_suppressed(why: str) -> str:
    return str(WHY_SUPPRESSED.get(why, why))


def phone_state(*, own: bool, sender: str) -> str:
    if own:
        return _("Sent from %(sender)s, by your own Twilio account.") % {"sender": sender}
    return _("Sent from the installation’s number, %(sender)s.") % {"sender": sender}
