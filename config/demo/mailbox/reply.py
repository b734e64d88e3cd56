"""Answers written in the mailbox, handed to the installation as a mail provider would: Postmark's inbound format."""

from __future__ import annotations

import base64
import json
import os
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr

from config.demo.mailbox.store import Mail

MOST = 20_000  # characters
TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class Door:
    """Where mails are handed in. `domain`: of the addresses that take answers."""

    site: str
    domain: str
    password: str

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Door | None:
        """None where the installation takes no answers by e-mail."""
        password = json.loads(environ.get("ANYMAIL") or "{}").get("WEBHOOK_SECRET", "")
        site, domain = environ.get("SITE_URL", ""), environ.get("INBOUND_EMAIL_DOMAIN", "")
        return cls(site, domain, password) if site and domain and password else None

    def takes(self, mail: Mail) -> bool:
        """Whether an answer to this mail finds a thread."""
        return parseaddr(mail.reply_to)[1].lower().endswith(f"@{self.domain}")

    def hand_in(self, mail: Mail, text: str) -> bool:
        """From whomever the mail went to; False where it was not taken."""
        sender = parseaddr(mail.summary.recipients.split(",")[0])[1]
        quoted = "".join(f"\n> {line}" for line in (mail.text or "").splitlines()[:40])
        told = {
            "FromFull": {"Email": sender, "Name": "", "MailboxHash": ""},
            "ToFull": [{"Email": parseaddr(mail.reply_to)[1], "Name": "", "MailboxHash": ""}],
            "CcFull": [],
            "BccFull": [],
            "Subject": f"Re: {mail.summary.subject}",
            "MessageID": secrets.token_hex(16),
            "TextBody": f"{text[:MOST]}\n\nOn {mail.summary.arrived_at:%d %b %Y at %H:%M}, {mail.summary.shop} wrote:{quoted}",
            "HtmlBody": "",
            "Headers": [{"Name": "Message-ID", "Value": f"<{secrets.token_hex(16)}@mailbox.example>"}],
            "Attachments": [],
        }
        request = urllib.request.Request(  # noqa: S310  our own site
            f"{self.site}/receipts/email/postmark/inbound/",
            data=json.dumps(told).encode(),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"Basic {base64.b64encode(self.password.encode()).decode()}",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310  our own site
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def door() -> Door | None:
    return Door.of(os.environ)
