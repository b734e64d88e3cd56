"""What is said of short messages and of words before they are published: length, signs, what filters take for spam. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.contents import Content, said_in
from notifications.findings import OK, STOPS, WARNING, Finding, Look, Seen
from notifications.segments import plain

MOST_SMS = 480  # characters; what is longer is cut
MOST_SEGMENTS = 2
# What filters of mail count against one, in the six languages: https://spamassassin.apache.org/tests_3_3_x.html
MONEY_WORDS = re.compile(
    r"\b(free|for free|cash|winner|won|prize|cheap|earn|risk[- ]free|act now|limited time|gratis|gratuito|gratuita|premio|"
    r"ganador|dinero|barato|oferta limitada|grátis|prêmio|dinheiro|ganhador|gratuit|gratuite|gagnant|argent|gagnez|"
    r"vincitore|soldi|guadagna|kostenlos|gewinner|gewonnen|bargeld|geld verdienen|umsonst)\b|100 ?%|[€$£]{2,}",
    re.IGNORECASE,
)
SID = re.compile(r"HX[0-9a-fA-F]{32}")


def trap(text: str, *, is_subject: bool = False) -> str:
    """What filters of spam have against the text; empty: nothing."""
    said = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", text, flags=re.DOTALL)
    loud = [word for word in re.findall(r"[^\W\d_]{4,}", said) if word.isupper()]
    letters = [c for c in said if c.isalpha()]
    if len(loud) >= 3 or (
        is_subject and len(letters) > 6 and sum(c.isupper() for c in letters) > 0.7 * len(letters)
    ):
        return _("ALL CAPITALS look like spam: write “%(word)s” small.") % {
            "word": " ".join(loud[:2]) or said.strip()[:20]
        }
    if re.search(r"[!¡]{3,}|(![^!]*){4,}", said) or (is_subject and said.count("!") > 1):
        return _("So many exclamation marks look like spam: one is enough.")
    money = [found.group() for found in MONEY_WORDS.finditer(said)]
    if len(money) >= (1 if is_subject else 3):
        return _("Filters take “%(word)s” for spam: say it otherwise.") % {"word": money[0]}
    return ""


def short(content: Content, seen: Sequence[Seen], look: Look, languages: Sequence[str]) -> Iterator[Finding]:
    where = ("", "text")
    if not content.get("text"):
        yield Finding(STOPS, "text", _("The message says nothing: write what it is about."), where)
        return
    yield Finding(OK, "variables", _("All variables exist"))
    yield from _length(content, seen, look)
    unled = next((code for code, text in content["text"].items() if "order.url" not in text), "")
    if unled:
        said = _("Nothing leads to the order’s page: put {{ order.url }} in.")
        yield Finding(WARNING, "order", said, where, unled)
    else:
        yield Finding(OK, "order", _("Leads to the order’s page"))
    for language, text in content["text"].items():
        if said := trap(text):
            yield Finding(WARNING, "traps", said, where, language)
            return


def _length(content: Content, seen: Sequence[Seen], look: Look) -> Iterator[Finding]:
    counted = [(one.length.segments, one) for one in seen if one.length]
    if not counted:
        return
    parts, longest = max(counted, key=lambda pair: pair[0])
    where, name = ("", "text"), look.names.get(longest.language, longest.language)
    cut = next((one for one in seen if len(one.text) >= MOST_SMS), None)
    if cut:
        said = _("Longer than %(most)s characters in %(language)s: the rest is cut off.")
        yield Finding(
            STOPS, "length", said % {"most": MOST_SMS, "language": look.names.get(cut.language, cut.language)},
            where, cut.language,
        )  # fmt: skip
    elif parts > MOST_SEGMENTS:
        said = _("%(n)s text messages in %(language)s, each charged: make it shorter.")
        yield Finding(WARNING, "length", said % {"n": parts, "language": name}, where, longest.language)
    else:
        said = ngettext("%(n)s text message", "At most %(n)s text messages", parts)
        yield Finding(OK, "length", said % {"n": parts})
    for one in seen:
        written = said_in(content["text"], one.language)
        if one.length and not one.length.is_gsm and plain(written) != written:
            said = _("%(signs)s leave room for 70 characters a message, in place of 160: others do as well.")
            yield Finding(
                WARNING,
                "signs",
                said % {"signs": " ".join(one.length.odd[:6])},
                where,
                one.language,
                fix="plain",
            )
            return


def approved(content: Content, languages: Sequence[str]) -> Iterator[Finding]:
    sids = content.get("template") or {}
    wrong = next((code for code, sid in sids.items() if not SID.fullmatch(sid)), "")
    if wrong:
        said = _(
            "A Content SID is HX and 32 digits and letters a to f: copy it from Twilio’s Content Template Builder."
        )
        yield Finding(WARNING, "approved", said, ("", "template"), wrong)
    elif not sids:
        said = _(
            "Without an approved template, WhatsApp lets you answer only within 24 hours of the customer’s message."
        )
        yield Finding(WARNING, "approved", said, ("", "template"))
    else:
        yield Finding(OK, "approved", _("Sent as an approved template"))
    numbers = sorted(int(number) for number in content.get("variables") or {})
    if numbers != list(range(1, len(numbers) + 1)):
        said = _("Variables are numbered without gaps: 1, 2, 3…")
        yield Finding(WARNING, "variables", said, ("", "variables"))
