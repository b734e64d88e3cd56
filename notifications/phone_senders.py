"""Whom a text message comes from, by the country it goes to; and what phone networks take for a sender. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

import phonenumbers

NUMBER = re.compile(r"\+[1-9]\d{6,14}")
SHORT_CODE = re.compile(r"\d{3,8}")
# Twilio's alphanumeric sender: up to eleven letters, digits, blanks and + - _ &, and not digits alone.
NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 +\-_&]{1,11}")
SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
# Where networks take no names: https://www.twilio.com/docs/glossary/what-alphanumeric-sender-id
NO_NAMES = frozenset({"AR", "BR", "CA", "CL", "CN", "CO", "CR", "EC", "GT", "HN", "MX", "MY", "NI", "PA", "PE", "PR", "SV",
                      "US", "UY", "VE"})  # fmt: skip
# Where a name must be registered with the networks first, or it is replaced or refused.
REGISTERED_NAMES = frozenset({"AE", "CZ", "EG", "GB", "IN", "IE", "IT", "KW", "NG", "PH", "PL", "QA", "RO", "RU", "SA", "SG",
                              "TH", "TR", "UA", "VN", "ZA", "ES"})  # fmt: skip


def country_of(number: str) -> str:
    """The country a number in E.164 belongs to; empty where nobody can say."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""


def sender_for(number: str, senders: Mapping[str, str], default: str) -> str:
    """`senders`: {"FR": "+33…", "": for all others}. A name is not used where networks take none."""
    country = country_of(number)
    wanted = senders.get(country) or senders.get("") or default
    if is_name(wanted) and country in NO_NAMES:
        return next((one for one in (default, senders.get("", "")) if one and not is_name(one)), wanted)
    return wanted


def is_name(sender: str) -> bool:
    """Whether nobody can answer it: STOP does not reach us either."""
    return bool(NAME.fullmatch(sender)) and not SERVICE.fullmatch(sender)


def is_sender(said: str, *, channel: str) -> bool:
    if NUMBER.fullmatch(said) or SERVICE.fullmatch(said):
        return True
    return channel == "sms" and bool(NAME.fullmatch(said) or SHORT_CODE.fullmatch(said))
