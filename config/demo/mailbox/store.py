"""The mails that came: one file each, written whole or not at all, never changed."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.utils import parseaddr
from pathlib import Path

_ID = re.compile(r"[0-9]{19}-[0-9a-f]{8}")  # nanoseconds, then chance: sorts by arrival
_headers = BytesParser(policy=policy.default)


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of the list."""

    id: str
    shop: str  # the sender's display name: mails go out under the shop's brand
    sender: str
    recipients: str
    subject: str
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """A file that came with a mail."""

    number: int
    name: str
    type: str
    content: bytes
    content_id: str


@dataclass(frozen=True, slots=True)
class Mail:
    summary: Summary
    html: str | None
    text: str | None
    parts: Sequence[Part]
    reply_to: str = ""


@dataclass
class Store:
    """A directory of `.eml` files. Safe to read while another thread keeps."""

    directory: Path
    _known: dict[str, Summary] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for unfinished in self.directory.glob("*.new"):
            unfinished.unlink()

    def keep(self, content: bytes, *, recipients: Iterable[str]) -> str:
        """Write a mail; the envelope's recipients are kept as a header, for Bcc is in no other."""
        mail_id = f"{time.time_ns():019d}-{secrets.token_hex(4)}"
        envelope = ", ".join(re.sub(r"[\r\n]", "", address) for address in recipients)
        unfinished = self.directory / f"{mail_id}.new"
        unfinished.write_bytes(b"X-Envelope-To: " + envelope.encode("ascii", "replace") + b"\r\n" + content)
        unfinished.rename(self.directory / f"{mail_id}.eml")
        return mail_id

    def newest_first(self, *, recipient: str = "") -> list[Summary]:
        """All of them, or those whose recipients contain `recipient`, whatever the case."""
        ids = sorted(
            (path.stem for path in self.directory.glob("*.eml") if _ID.fullmatch(path.stem)), reverse=True
        )
        wanted = recipient.strip().casefold()
        summaries = (self._summary(mail_id) for mail_id in ids)
        return [summary for summary in summaries if wanted in summary.recipients.casefold()]

    def get(self, mail_id: str) -> Mail | None:
        """None when there is no such mail, or the id is none of ours (`../../etc/passwd`)."""
        if not _ID.fullmatch(mail_id):
            return None
        path = self.directory / f"{mail_id}.eml"
        if not path.exists():
            return None
        message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
        return Mail(
            summary=_summarise(mail_id, message),
            html=_body(message, "html"),
            text=_body(message, "plain"),
            parts=[_part(number, part) for number, part in enumerate(_files_of(message))],
            reply_to=_header(message, "Reply-To"),
        )

    def _summary(self, mail_id: str) -> Summary:
        if mail_id not in self._known:
            with (self.directory / f"{mail_id}.eml").open("rb") as file:
                self._known[mail_id] = _summarise(mail_id, _headers.parse(file, headersonly=True))
        return self._known[mail_id]


def _summarise(mail_id: str, message: EmailMessage) -> Summary:
    name, address = parseaddr(_header(message, "From"))
    return Summary(
        id=mail_id,
        shop=name or address.partition("@")[2],
        sender=address,
        recipients=_header(message, "X-Envelope-To") or _header(message, "To"),
        subject=_header(message, "Subject"),
        arrived_at=datetime.fromtimestamp(int(mail_id[:19]) / 1e9, tz=UTC),
    )


def _header(message: EmailMessage, name: str) -> str:
    """A header as text. One that cannot be read is shown as it came: a mailbox refuses no mail."""
    try:
        return " ".join(str(message.get(name, "")).split())
    except (ValueError, IndexError, AttributeError):  # the parser of some malformed addresses
        raw = dict(message.raw_items()).get(name, "")
        return " ".join(str(raw).split())


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body(preferencelist=(kind,))
    return None if part is None else _decoded(part)


def _decoded(part: MIMEPart) -> str:
    content = part.get_payload(decode=True)
    charset = part.get_content_charset("utf-8")
    raw = content if isinstance(content, bytes) else b""
    try:
        return raw.decode(charset, errors="replace")
    except LookupError:  # a charset nobody knows
        return raw.decode(errors="replace")


def _files_of(message: EmailMessage) -> list[EmailMessage]:
    shown = {id(message.get_body(preferencelist=(kind,))) for kind in ("html", "plain")}
    return [part for part in message.walk() if not part.is_multipart() and id(part) not in shown]


def _part(number: int, part: EmailMessage) -> Part:
    content = part.get_payload(decode=True)
    return Part(
        number=number,
        name=part.get_filename() or f"part {number + 1}",
        type=part.get_content_type(),
        content=content if isinstance(content, bytes) else b"",
        content_id=_header(part, "Content-ID").strip("<>"),
    )
