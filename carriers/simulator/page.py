"""The page for people: every parcel under way, and a phone with the messages that were sent."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import quote, unquote

from carriers.simulator.journeys import LIBRARY
from carriers.simulator.parcels import Parcel, Told, next_told_at, tell
from carriers.simulator.state import Message
from carriers.simulator.twilio import WHATSAPP
from carriers.simulator.wire.contract import Ask, Reply, html_reply
from carriers.simulator.wire.registry import WIRES
from carriers.simulator.world import World
from carriers.types import Status, SubStatus

SHOWN_PARCELS = 200
_LINK = re.compile(r"https?://[^\s<>\"']+")
_BOLD = re.compile(r"(?<!\w)\*([^*\n<]+)\*(?!\w)")  # WhatsApp's own mark
_TICKS = {
    "queued": "🕓",
    "sent": "✓",
    "delivered": "✓✓",
    "read": "<b>✓✓</b>",
    "undelivered": "not delivered",
    "failed": "failed",
}
_TONES = {
    Status.INFO_RECEIVED: "new",
    Status.DELIVERED: "done",
    Status.AVAILABLE_FOR_PICKUP: "wait",
    Status.FAILED_ATTEMPT: "bad",
    Status.EXCEPTION: "bad",
    Status.RETURNING: "bad",
    Status.RETURNED: "bad",
}


def answer(ask: Ask, world: World) -> Reply:
    """`/` shows parcels and the phone's inbox; `/phone/<number>` opens one conversation on it."""
    if ask.method not in ("GET", "HEAD"):
        return html_reply(405, "405", "This page can only be read.")
    if ask.path == "/":
        return _page(world, _inbox(world))
    if ask.path.startswith("/phone/"):
        number = unquote(ask.path.removeprefix("/phone/"))
        messages = world.store.messages(recipient=number)
        if messages:
            return _page(world, _conversation(messages, world.now()))
    return html_reply(404, "404", "There is nothing here. Go to the first page.")


def _page(world: World, phone: str) -> Reply:
    now = world.now()
    parcels = world.store.parcels(limit=SHOWN_PARCELS)
    html = Template(files(__package__).joinpath("page.html").read_text("utf-8")).substitute(
        speed=f"{world.speed:g}",
        count=len(parcels),
        parcels="".join(_parcel(parcel, now) for parcel in parcels) or _NO_PARCELS,
        phone=phone,
        clock=f"{now.astimezone():%H:%M}",
    )
    return Reply(200, html.encode(), "text/html; charset=utf-8", {"Cache-Control": "no-store"})


_NO_PARCELS = (
    '<p class="empty">No parcels yet. The first question about a well-formed number starts one;'
    " so does <code>POST /_sim/parcels</code>.</p>"
)
_NO_MESSAGES = '<p class="empty">No messages yet.<br>Texts sent through Twilio appear here.</p>'


def _parcel(parcel: Parcel, now: datetime) -> str:
    scans = tell(parcel, now).scans
    steps = len(parcel.steps)
    latest = max(scans, key=lambda told: (told.at, told.index)) if scans else None
    tone = _TONES.get(latest.kind.status, "move") if latest else "new"
    scanned = "".join(f"<li>{_scan(told)}</li>" for told in reversed(scans))
    return (
        f'<details class="parcel {tone}" id="{escape(parcel.carrier)}-{escape(parcel.number)}"><summary>'
        f'<span class="who"><b>{escape(WIRES[parcel.carrier].name)}</b> <code>{escape(parcel.number)}</code></span>'
        f'<span class="what">{_scan(latest) if latest else "Not known to the carrier yet"}</span>'
        f'<progress max="{steps}" value="{len(scans)}" aria-label="{len(scans)} of {steps} scans"></progress>'
        f'<span class="next">{_next(parcel, now)}</span></summary>'
        f'<p class="says"><b>{escape(parcel.journey)}</b> · {escape(LIBRARY[parcel.journey].says)}'
        f" {escape(parcel.origin)} → {escape(parcel.destination)}.</p><ol>{scanned}</ol></details>"
    )


def _scan(told: Told) -> str:
    return (
        f'{_words(told.kind)} <span class="at">{escape(told.place.name)}, '
        f'<time datetime="{told.at.isoformat()}">{told.local:%d %b %H:%M}</time></span>'
    )


def _words(kind: SubStatus) -> str:
    return escape(kind.partition(".")[2].replace("_", " ").capitalize())


def _next(parcel: Parcel, now: datetime) -> str:
    following = next_told_at(parcel, now)
    if following is None:
        return "journey over"
    return f"next in {_span((following - now).total_seconds())}"


def _span(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def _inbox(world: World) -> str:
    """One row a recipient, the latest message first."""
    latest: dict[str, Message] = {}
    for message in world.store.messages():
        latest.setdefault(message.recipient, message)
    rows = "".join(_row(message, world.now()) for message in latest.values())
    return f'<header class="bar"><h3>Messages</h3></header><div class="threads">{rows or _NO_MESSAGES}</div>'


def _row(message: Message, now: datetime) -> str:
    number, channel = _recipient(message)
    return (
        f'<a class="thread" href="/phone/{quote(message.recipient, safe="")}#phone">'
        f'<i class="{channel}" aria-hidden="true">{"W" if channel == "whatsapp" else "S"}</i>'
        f"<b>{escape(number)}</b><time>{_when(message.created_at, now)}</time>"
        f"<span>{escape(message.body)}</span></a>"
    )


def _conversation(messages: list[Message], now: datetime) -> str:
    number, channel = _recipient(messages[0])
    bubbles = "".join(_bubble(message, now) for message in reversed(messages))
    name = "WhatsApp" if channel == "whatsapp" else "SMS"
    return (
        f'<header class="bar {channel}"><a href="/#phone" aria-label="All messages">‹</a>'
        f"<h3>{escape(number)}<small>{name}</small></h3></header>"
        f'<div class="talk {channel}">{bubbles}</div>'
    )


def _bubble(message: Message, now: datetime) -> str:
    failed = " failed" if message.status in ("failed", "undelivered") else ""
    error = f" ({message.error_code})" if message.error_code else ""
    return (
        f'<div class="bubble{failed}"><small class="from">{escape(message.sender.removeprefix(WHATSAPP))}</small>'
        f"{_body(message)}"
        f'<small class="meta">{_when(message.created_at, now)} {_TICKS[message.status]}{error}</small></div>'
    )


def _recipient(message: Message) -> tuple[str, str]:
    """The phone number, and the channel it was written to over."""
    channel = "whatsapp" if message.recipient.startswith(WHATSAPP) else "sms"
    return message.recipient.removeprefix(WHATSAPP), channel


def _body(message: Message) -> str:
    text = _linked(message.body)
    return _BOLD.sub(r"<b>\1</b>", text) if message.recipient.startswith(WHATSAPP) else text


def _linked(text: str) -> str:
    """Escaped, its addresses made links; a full stop or bracket after an address stays outside."""
    parts, end = [], 0
    for match in _LINK.finditer(text):
        address = match[0].rstrip(".,;:!?)")
        parts.append(escape(text[end : match.start()]))
        parts.append(f'<a href="{escape(address)}" rel="noreferrer">{escape(address)}</a>')
        end = match.start() + len(address)
    return "".join((*parts, escape(text[end:]))).replace("\n", "<br>")


def _when(at: float, now: datetime) -> str:
    moment = datetime.fromtimestamp(at, UTC).astimezone()
    return f"{moment:%H:%M}" if moment.date() == now.astimezone().date() else f"{moment:%d %b %H:%M}"
