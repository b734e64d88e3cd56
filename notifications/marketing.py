"""Who may be sold to in a message about an order: what the shopper said, else what the law of their country lets. Pure.

Whoever said yes may be; whoever said no never. Of whoever said nothing, the law of where they live decides. In most
countries a customer may be offered the shop's own similar goods without having been asked ("told"), where each
message lets them end it, free of charge, and where the shop told them so when it took the address: that is the shop's
to do, at its checkout. In the others only who said yes ("asked"), and so everywhere not named here.

- EU: ePrivacy Directive 2002/58/EC, art. 13(2), as each state has it: Spain LSSI 21.2; Germany UWG § 7(3) (words that
  sell in a mail about an order are advertising: BGH VI ZR 134/15); France CPCE L. 34-5; Italy Codice privacy 130(4);
  Portugal Lei 41/2004, 13.º-A(3); Netherlands Telecommunicatiewet 11.7(3); Belgium CDE XII.13 and AR 4 April 2003;
  Ireland SI 336/2011, reg. 13(11); Denmark markedsføringsloven § 10(2); Sweden marknadsföringslagen 19 §; Finland
  917/2014, 200 §; the others alike.
- Without such an exception for customers, or one that we cannot keep: Poland (Prawo komunikacji elektronicznej, art.
  398: consent always); Hungary (Grt. § 6: consent always); Austria (TKG 2021, § 174(4): only who is not in the RTR's
  list, which is not asked here).
- Norway markedsføringsloven § 15(3); Iceland lög 70/2022, 94. gr.; Switzerland UWG art. 3(1)(o); United Kingdom PECR
  2003, reg. 22(3).
- Brazil LGPD, art. 7 IX and 10 (legitimate interest, art. 18 § 2: may object); Argentina Ley 25.326, art. 27; Chile
  Ley 19.496, art. 28 B; Mexico LFPC, art. 17 and 18.
- United States CAN-SPAM, 15 USC 7704(a) (and 16 CFR 316.3: a message whose first part is about the order stays one
  about the order); Canada CASL, s. 10(9)(a) and (10) (implied for two years after a purchase).
- Australia Spam Act 2003, sch. 2; New Zealand Unsolicited Electronic Messages Act 2007, s. 4; Japan Act 26 of 2002,
  art. 3(1)(iii).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

ASKED, TOLD = "asked", "told"
EVERYWHERE = "*"
# Where a customer who said nothing may be sold to, with a way to end it in each message.
SOFT = frozenset({
    "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "IE", "IT", "LT", "LU",
    "LV", "MT", "NL", "PT", "RO", "SE", "SI", "SK", "NO", "IS", "CH", "GB", "BR", "AR", "CL", "MX",
    "US", "CA", "AU", "NZ", "JP",
})  # fmt: skip


def policy(country: str, own: Mapping[str, str]) -> str:
    """What holds for who said nothing. `own`: where the shop is stricter, {"PL": "asked", "*": "asked"}; it cannot
    be laxer than the law."""
    if country not in SOFT or own.get(country) == ASKED or own.get(EVERYWHERE) == ASKED:
        return ASKED
    return TOLD


def may_sell(said: bool | None, country: str, own: Mapping[str, str]) -> bool:
    """`said`: what the shopper said last; None where they were not asked, or did not answer."""
    return policy(country, own) == TOLD if said is None else said


def last_said(said: Iterable[tuple[datetime, bool]]) -> bool | None:
    """The latest word, of a shopper's words in any order; of two at once the no."""
    words = [(at, not wanted) for at, wanted in said]
    return None if not words else not max(words)[1]
