"""What one message says, as it is written down."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Words:
    """`text` is the paragraph under the headline; `short` goes out by SMS and WhatsApp: with a link of 30 characters it
    fits 160 of the GSM alphabet in English, which has no curly quotes."""

    subject: Promise
    text: Promise
    short: Promise
