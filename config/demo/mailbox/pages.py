"""The mailbox's pages: a list, a mail, and the mail's own HTML shut in a frame that can run nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from config.demo.mailbox import reply
from config.demo.mailbox.account import PATH, STYLE, Account
from config.demo.mailbox.store import Mail, Store, Summary

PAGE_SIZE = 100
HOSTS = {"127.0.0.1", "localhost", "[::1]"}  # another name that leads here is somebody's trick

OWN_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A mail may style itself and show this machine's pictures. It runs nothing, sends nothing, fetches nothing.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src 'self' data: http://127.0.0.1:* http://localhost:*; frame-ancestors 'self'"
)
ACCOUNT_STYLE = f"{PATH}.css"
FILE_POLICY = "sandbox; default-src 'none'"

ASSETS = {"mailbox.css": "text/css; charset=utf-8", "mailbox.js": "text/javascript; charset=utf-8"}


class Markup(str):
    """Text that is HTML already. Everything else is escaped by `fill`."""


@dataclass
class Answer:
    body: bytes
    status: HTTPStatus = HTTPStatus.OK
    type: str = "text/html; charset=utf-8"
    policy: str = OWN_POLICY
    headers: dict[str, str] = field(default_factory=dict)


def fill(template: str, **values: object) -> Markup:
    """`template` with each {name} replaced, escaped unless it is Markup."""
    return Markup(
        template.format(
            **{
                name: value if isinstance(value, Markup) else html.escape(str(value))
                for name, value in values.items()
            }
        )
    )


def application(
    store: Store, account: Account | None = None
) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """The WSGI application over `store`. `account`: a page of another site, where the demo runs."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = _account(account, environ) if account else None
        answer = answer or _route(store, environ)
        if environ.get("HTTP_IF_NONE_MATCH") and environ["HTTP_IF_NONE_MATCH"] == answer.headers.get("ETag"):
            answer = Answer(b"", HTTPStatus.NOT_MODIFIED, headers=answer.headers)
        headers = {
            "Content-Type": answer.type,
            "Content-Length": str(len(answer.body)),
            "Content-Security-Policy": answer.policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache",
            **answer.headers,
        }
        start_response(f"{answer.status.value} {answer.status.phrase}", list(headers.items()))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    return app


def _account(account: Account, environ: dict[str, Any]) -> Answer | None:
    """None for every address but its own."""
    path, host = environ.get("PATH_INFO", "/"), re.sub(r":\d+$", "", environ.get("HTTP_HOST", ""))
    if host not in HOSTS or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return None
    if path == ACCOUNT_STYLE:
        return Answer(STYLE.encode(), type="text/css; charset=utf-8")
    if path == PATH and account.told.exists():
        return Answer(account.page().encode(), policy=account.policy)
    return None


def _route(store: Store, environ: dict[str, Any]) -> Answer:
    host = re.sub(r":\d+$", "", environ.get("HTTP_HOST", ""))
    if host not in HOSTS:
        return _plain(HTTPStatus.FORBIDDEN, "The mailbox answers only to this machine.")
    if environ["REQUEST_METHOD"] == "POST" and (answered := _reply(store, environ)):
        return answered
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return _plain(HTTPStatus.METHOD_NOT_ALLOWED, "The mailbox is for looking.")
    path = environ.get("PATH_INFO", "/")
    query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    if path == "/":
        return _page(store, query, selected=None)
    if path == "/list":
        return _list_alone(store, query)
    if path.startswith("/static/") and path.removeprefix("/static/") in ASSETS:
        name = path.removeprefix("/static/")
        return Answer((files(__package__) / name).read_bytes(), type=ASSETS[name])
    if found := re.fullmatch(r"/m/([^/]+)(?:/(html|file/(\d{1,3})|cid/([^/]+)))?", path):
        mail_id, rest, number, content_id = found.groups()
        mail = store.get(mail_id)
        if mail is not None:
            return _of_mail(store, mail, query, rest, number, content_id)
    return _plain(HTTPStatus.NOT_FOUND, "There is nothing here.")


def _reply(store: Store, environ: dict[str, Any]) -> Answer | None:
    """Hand what was typed below a mail to the installation; None where nothing takes it."""
    found = re.fullmatch(r"/m/([^/]+)/reply", environ.get("PATH_INFO", "/"))
    mail, door = store.get(found[1]) if found else None, reply.door()
    if mail is None or door is None or not door.takes(mail):
        return None
    if environ.get("HTTP_SEC_FETCH_SITE", "same-origin") not in ("same-origin", "none"):
        return _plain(HTTPStatus.FORBIDDEN, "Answers are written here, not on another site.")
    length = min(int(environ.get("CONTENT_LENGTH") or 0), 8 * reply.MOST)
    typed = parse_qs(environ["wsgi.input"].read(length).decode(errors="replace")).get("text", [""])[0].strip()
    took = bool(typed) and door.hand_in(mail, typed)
    there = f"/m/{mail.summary.id}?replied={'yes' if took else 'no'}#reply"
    return Answer(b"", HTTPStatus.SEE_OTHER, headers={"Location": there})


def _reply_box(mail: Mail, query: dict[str, str]) -> Markup:
    """Where the mail takes an answer: a box for one."""
    door = reply.door()
    if door is None or not door.takes(mail):
        return Markup("")
    said = {
        "yes": "Sent: it is in the thread now.",
        "no": "It was not taken. Is the demo running, and did you write something?",
    }.get(query.get("replied", ""), "")
    return fill(REPLY, id=mail.summary.id, to=mail.reply_to, said=said)


def _of_mail(
    store: Store,
    mail: Mail,
    query: dict[str, str],
    rest: str | None,
    number: str | None,
    content_id: str | None,
) -> Answer:
    if rest is None:
        return _page(store, query, selected=mail)
    if rest == "html" and mail.html is not None:
        return Answer(_for_the_frame(mail).encode(), policy=MAIL_POLICY)
    for part in mail.parts:
        if (number is not None and part.number == int(number)) or (
            content_id and part.content_id == content_id
        ):
            inline = part.type in ("image/png", "image/jpeg", "image/gif", "image/webp") and content_id
            return Answer(
                part.content,
                type=part.type if inline else "application/octet-stream",
                policy=FILE_POLICY,
                headers={
                    "Content-Disposition": "inline"
                    if inline
                    else f"attachment; filename*=UTF-8''{quote(part.name)}"
                },
            )
    return _plain(HTTPStatus.NOT_FOUND, "There is nothing here.")


def _for_the_frame(mail: Mail) -> str:
    """Links open in a tab of their own; pictures that came along are found."""
    shown = re.sub(
        r"""(["'(])cid:([^"')\s]+)""",
        lambda match: f"{match[1]}/m/{mail.summary.id}/cid/{quote(html.unescape(match[2]), safe='@')}",
        mail.html or "",
    )
    base = '<base target="_blank">'
    with_base, count = re.subn(r"(<head[^>]*>)", rf"\1{base}", shown, count=1, flags=re.IGNORECASE)
    return with_base if count else base + shown


def _list_alone(store: Store, query: dict[str, str]) -> Answer:
    shown = _list(store, query, selected_id=query.get("selected", ""))
    return Answer(shown.encode(), headers={"ETag": _version(shown)})


def _version(shown: Markup) -> str:
    return f'"{sha256(shown.encode()).hexdigest()[:32]}"'


def _page(store: Store, query: dict[str, str], *, selected: Mail | None) -> Answer:
    shown = _list(store, query, selected_id=selected.summary.id if selected else "")
    page = fill(
        PAGE,
        title=selected.summary.subject if selected else "Mailbox",
        view="mail" if selected else "list",
        q=query.get("q", ""),
        list=shown,
        version=_version(shown),
        mail=_mail(selected, query) if selected else Markup(NOTHING_SELECTED),
    )
    return Answer(page.encode())


def _list(store: Store, query: dict[str, str], *, selected_id: str) -> Markup:
    q = query.get("q", "")
    found = store.newest_first(recipient=q)
    older = [summary for summary in found if summary.id < query["before"]] if query.get("before") else found
    shown = older[:PAGE_SIZE]
    if not shown:
        return fill(EMPTY, words=f"No mail to “{q}”." if q else "No mail yet. It comes as parcels move.")
    rows = Markup("".join(_row(summary, q, selected=summary.id == selected_id) for summary in shown))
    more = Markup("")
    if len(older) > PAGE_SIZE:
        more = fill(
            '<p class="more"><a href="/?{query}">Older</a></p>',
            query=urlencode({"q": q, "before": shown[-1].id}),
        )
    count = f"{len(found)} mail" + ("" if len(found) == 1 else "s") + (f" to “{q}”" if q else "")
    return fill('<p class="count">{count}</p><ol>{rows}</ol>{more}', count=count, rows=rows, more=more)


def _row(summary: Summary, q: str, *, selected: bool) -> Markup:
    return fill(
        ROW,
        id=summary.id,
        query=Markup(f"?{html.escape(urlencode({'q': q}))}") if q else "",
        current=Markup(' aria-current="true"') if selected else "",
        shop=summary.shop,
        subject=summary.subject or "(no subject)",
        recipients=summary.recipients,
        at=summary.arrived_at.isoformat(timespec="seconds"),
        when=_when(summary),
    )


def _mail(mail: Mail, query: dict[str, str]) -> Markup:
    back = f"/?{urlencode({'q': query['q']})}" if query.get("q") else "/"
    frame = Markup("")
    if mail.html is not None:
        frame = fill(FRAME, id=mail.summary.id)
    text = Markup("")
    if mail.text is not None:
        text = fill(TEXT, open=Markup("") if mail.html else Markup(" open"), text=mail.text)
    parts = Markup(
        "".join(
            fill(
                PART,
                id=mail.summary.id,
                number=part.number,
                name=part.name,
                kb=f"{len(part.content) / 1024:.0f}",
            )
            for part in mail.parts
        )
    )
    return fill(
        MAIL,
        back=back,
        shop=mail.summary.shop,
        sender=mail.summary.sender,
        recipients=mail.summary.recipients,
        subject=mail.summary.subject or "(no subject)",
        at=mail.summary.arrived_at.isoformat(timespec="seconds"),
        when=_when(mail.summary),
        frame=frame,
        text=text,
        parts=fill('<ul class="parts">{parts}</ul>', parts=parts) if parts else "",
        reply=_reply_box(mail, query),
    )


def _when(summary: Summary) -> str:
    """The clock of this machine, as the visitor's own."""
    at = summary.arrived_at.astimezone()
    return f"{at.day} {at:%b, %H:%M:%S}"


def _plain(status: HTTPStatus, words: str) -> Answer:
    return Answer(
        f"{words}\n".encode(), status, type="text/plain; charset=utf-8", headers={"Allow": "GET, HEAD"}
    )


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Mailbox</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/mailbox.css">
<script type="module" src="/static/mailbox.js"></script>
</head>
<body data-view="{view}">
<header class="top">
  <h1><a href="/">Mailbox</a></h1>
  <p>Everything the demo sends by e-mail. Nothing leaves this machine.</p>
  <form role="search" action="/">
    <label for="q">Recipient</label>
    <input id="q" name="q" type="search" value="{q}" placeholder="name or address" autocomplete="off">
    <button>Search</button>
  </form>
</header>
<main>
  <nav id="list" aria-label="Mails, newest first" tabindex="-1" data-version="{version}">{list}</nav>
  <section id="mail" aria-label="Mail">{mail}</section>
</main>
</body>
</html>
"""
NOTHING_SELECTED = '<p class="nothing">Choose a mail to read it.</p>'
EMPTY = '<p class="nothing">{words}</p>'
ROW = """<li><a href="/m/{id}{query}"{current}>
  <span class="shop">{shop}</span> <time datetime="{at}">{when}</time>
  <strong>{subject}</strong>
  <span class="to">to {recipients}</span>
</a></li>"""
MAIL = """<p class="back"><a href="{back}">All mails</a></p>
<h2>{subject}</h2>
<dl>
  <div><dt>From</dt><dd>{shop} &lt;{sender}&gt;</dd></div>
  <div><dt>To</dt><dd>{recipients}</dd></div>
  <div><dt>Received</dt><dd><time datetime="{at}">{when}</time></dd></div>
</dl>
{parts}{frame}{text}{reply}"""
REPLY = """<form class="reply" id="reply" method="post" action="/m/{id}/reply">
  <label for="text">Reply as the customer would</label>
  <p class="to">to {to}</p>
  <textarea id="text" name="text" rows="4" maxlength="4000" required></textarea>
  <button>Send the reply</button> <strong role="status">{said}</strong>
</form>"""
FRAME = """<iframe src="/m/{id}/html" title="The mail as its reader sees it"
  sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>"""
TEXT = "<details{open}><summary>Text part</summary><pre>{text}</pre></details>"
PART = '<li><a href="/m/{id}/file/{number}">{name}</a> <span>{kb} KB</span></li>'
