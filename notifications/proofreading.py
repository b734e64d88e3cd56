"""What is said of a message before it is published: what is well, what to look at, what stops it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.arranging import TELLS
from notifications.contents import KINDS, Content, missing_languages, texts_of
from notifications.findings import OK, STOPS, WARNING, Finding, Look, Seen
from notifications.proofreading_short import approved, short, trap
from tenants.colours import ENOUGH, contrast

CLIP = 102 * 1024  # bytes from which Gmail cuts a mail off
NEAR = 80 * 1024  # an order of many lines makes it longer than the one that is shown
LONG_SUBJECT = 60  # characters; phones show 40 to 60
PLACEHOLDER = re.compile(
    r"^(#.*|javascript:.*|https?://)?$|//(www\.)?(example\.(com|org|net)|localhost)\b|lorem", re.I
)


def proofread(
    content: Content, *, channel: str, seen: Sequence[Seen], look: Look, languages: Sequence[str]
) -> list[Finding]:
    """What stops it first, then what to look at, then what is well."""
    checks = _mail if channel == "email" else short
    found = [*checks(content, seen, look, languages), *_translations(content, look, languages)]
    if channel == "whatsapp":
        found += approved(content, languages)
    return sorted(found, key=lambda one: (STOPS, WARNING, OK).index(one.level))


def stops(found: Sequence[Finding]) -> list[Finding]:
    return [one for one in found if one.level == STOPS]


def _mail(content: Content, seen: Sequence[Seen], look: Look, languages: Sequence[str]) -> Iterator[Finding]:
    yield from _subjects(content, seen)
    yield from _order_of_blocks(content)
    yield from _gaps(content, languages)
    yield from _contrast(look)
    yield Finding(OK, "variables", _("All variables exist"))
    yield from _size(seen, look)
    yield from _links(content, seen, look)
    yield from _plain_text(seen)
    yield from _traps(content, seen)


# --- Subject ---


def _subjects(content: Content, seen: Sequence[Seen]) -> Iterator[Finding]:
    where = ("", "subject")
    for one in seen:
        if not one.subject.strip():
            yield Finding(STOPS, "subject", _("The subject is empty: say in a few words what the mail is about."), where,
                          one.language)  # fmt: skip
            return
    for one in seen:
        if len(one.subject) > LONG_SUBJECT:
            said = _("The subject has %(n)s characters, and phones show 40 to 60: put what matters first.")
            yield Finding(WARNING, "subject", said % {"n": len(one.subject)}, where, one.language)
            return
    if seen:
        yield Finding(OK, "subject", _("The subject fits in a phone’s list"), where)


# --- What stands where ---


def _order_of_blocks(content: Content) -> Iterator[Finding]:
    """What the message is about comes before what is sold in it."""
    blocks = content.get("blocks", ())
    first = next((n for n, b in enumerate(blocks) if b["kind"] in TELLS), None)
    selling = [(n, b) for n, b in enumerate(blocks) if KINDS[b["kind"]].sells]
    if first is None:
        said = _(
            "Nothing here says how the order is going: add a headline, a text, the progress or a button."
        )
        yield Finding(STOPS, "news", said)
        return
    early = [b for n, b in selling if n < first]
    late = [
        b for n, b in selling if any(b2["kind"] in ("headline", "progress", "button") for b2 in blocks[n:])
    ]
    if early:
        said = _(
            "Transactional content comes first: “%(block)s” sells, and stands above the news of the order."
        )
        name = KINDS[early[0]["kind"]].label
        yield Finding(WARNING, "first", said % {"block": name}, (early[0]["id"], ""), fix="below")
    elif late:
        said = _(
            "Transactional content comes first: move “%(block)s” below the headline, the progress and the button."
        )
        name = KINDS[late[0]["kind"]].label
        yield Finding(WARNING, "first", said % {"block": name}, (late[0]["id"], ""), fix="below")
    elif selling:
        yield Finding(OK, "first", _("The order’s news come first, what is sold comes after"))


def _gaps(content: Content, languages: Sequence[str]) -> Iterator[Finding]:
    """Blocks that would show nothing."""
    for block in content.get("blocks", ()):
        name, kind = block["id"], block["kind"]
        if kind == "text" and not block.get("text"):
            yield Finding(
                WARNING, "empty", _("A text says nothing: write it, or take the block out."), (name, "text")
            )
        if kind == "image":
            yield from _image(block, languages)
        if kind == "button" and block.get("to") == "url" and not block.get("url"):
            yield Finding(STOPS, "links", _("A button leads nowhere: write its address."), (name, "url"))
        if kind == "coupon" and not block.get("coupon"):
            yield Finding(
                WARNING, "empty", _("No coupon is chosen: the block stays out of the mail."), (name, "coupon")
            )
        if (
            kind == "banner"
            and block.get("source", "own") == "own"
            and not (block.get("title") or block.get("text"))
        ):
            yield Finding(
                WARNING,
                "empty",
                _("A banner says nothing: write it, or take the block out."),
                (name, "title"),
            )
        if kind == "products" and block.get("pick") == "picked" and not block.get("skus"):
            yield Finding(
                WARNING,
                "empty",
                _("No products are picked: the block stays out of the mail."),
                (name, "skus"),
            )


def _image(block: Mapping[str, object], languages: Sequence[str]) -> Iterator[Finding]:
    name = str(block["id"])
    if not block.get("picture"):
        yield Finding(
            WARNING, "empty", _("An image is missing: choose one, or take the block out."), (name, "picture")
        )
        return
    said = block.get("alt")
    missing = next((code for code in languages if not (isinstance(said, dict) and said.get(code))), "")
    if missing:
        yield Finding(
            WARNING, "alt", _("Say what an image shows: many mail programs hide images, and some readers cannot see."),
            (name, "alt"), missing,
        )  # fmt: skip


def _translations(content: Content, look: Look, languages: Sequence[str]) -> Iterator[Finding]:
    missing = missing_languages(content, languages)
    for language, places in missing.items():
        said = ngettext(
            "%(n)s text is missing in %(language)s: readers get it in another language.",
            "%(n)s texts are missing in %(language)s: readers get them in another language.",
            len(places),
        ) % {"n": len(places), "language": look.names.get(language, language)}
        yield Finding(WARNING, "translations", said, places[0], language)
    if not missing and len(languages) > 1:
        yield Finding(OK, "translations", _("Written in all of your languages"))


# --- How it looks ---


def _contrast(look: Look) -> Iterator[Finding]:
    readings = [(contrast(ink, ground), what) for what, ink, ground in look.pairs]
    if not readings:
        return
    least, what = min(readings)
    if least < ENOUGH:
        said = _(
            "Contrast %(ratio)s : 1 for %(what)s: choose a darker or lighter colour under Tracking page."
        )
        yield Finding(WARNING, "contrast", said % {"ratio": f"{least:.1f}", "what": what})
    else:
        yield Finding(OK, "contrast", _("Contrast %(ratio)s : 1 on your colours") % {"ratio": f"{least:.1f}"})


def _size(seen: Sequence[Seen], look: Look) -> Iterator[Finding]:
    sizes = [(len(one.html.encode()), one.language) for one in seen if one.html]
    if not sizes:
        return
    most, language = max(sizes)
    told = {"kb": round(most / 1024), "language": look.names.get(language, language)}
    if most > CLIP:
        said = _(
            "%(kb)s KB in %(language)s: Gmail cuts off what is beyond 102 KB. Take out blocks or shorten texts."
        )
        yield Finding(STOPS, "size", said % told, language=language)
    elif most > NEAR:
        said = _(
            "%(kb)s KB in %(language)s: an order of many articles may go beyond the 102 KB where Gmail cuts off."
        )
        yield Finding(WARNING, "size", said % told, language=language)
    else:
        yield Finding(OK, "size", _("%(kb)s KB, under Gmail’s 102 KB clip") % told)


# --- Links ---


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.images = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.images += tag == "img"
        self.found += [value or "" for name, value in attributes if tag == "a" and name == "href"]


def links_of(html: str) -> list[str]:
    parser = _Links()
    parser.feed(html)
    return parser.found


def _links(content: Content, seen: Sequence[Seen], look: Look) -> Iterator[Finding]:
    if not _leads_to_the_order(content):
        said = _("Nothing leads to the order’s page: add a button, or {{ order.url }} in a text.")
        yield Finding(WARNING, "order", said, fix="button")
    for block in content.get("blocks", ()):
        if block.get("url") and PLACEHOLDER.search(str(block["url"])):
            said = _("This link leads nowhere: %(url)s. Write its real address.") % {"url": block["url"]}
            yield Finding(STOPS, "links", said, (block["id"], "url"))
            return
    unended = next((one for one in seen if one.choose and one.choose not in links_of(one.html)), None)
    if unended:
        said = _("Nobody can choose here to get fewer messages, which the law asks for: put the footer back.")
        yield Finding(STOPS, "footer", said, language=unended.language)
    addresses = {link.strip() for one in seen for link in links_of(one.html)}
    bad = sorted(link for link in addresses if not _is_fine(link, look.own))
    if bad:
        said = _("A link is not safe or leads nowhere: %(url)s. Links begin with https://.")
        yield Finding(WARNING, "links", said % {"url": bad[0][:80] or "–"})
    elif seen:
        said = ngettext("%(n)s link, and it leads somewhere safe", "%(n)s links, all safe", len(addresses))
        yield Finding(OK, "links", said % {"n": len(addresses)})


def _is_fine(link: str, own: str) -> bool:
    return link.startswith(("https://", "mailto:", "tel:", own)) and link not in (
        "https://",
        "mailto:",
        "tel:",
    )


def _leads_to_the_order(content: Content) -> bool:
    blocks = content.get("blocks", ())
    if any(b["kind"] == "button" and b.get("to", "page") != "url" for b in blocks):
        return True
    said = [text for _where, texts in texts_of(content) for text in texts.values()]
    return any("order.url" in text for text in (*said, *(str(b.get("url", "")) for b in blocks)))


# --- Words ---


def _plain_text(seen: Sequence[Seen]) -> Iterator[Finding]:
    for one in seen:
        if len(one.text.split()) < 3:
            said = _(
                "The plain-text part is nearly empty: some people read mails without pictures or layout. Add words."
            )
            yield Finding(WARNING, "text", said, language=one.language)
            return
    if seen:
        yield Finding(OK, "text", _("Plain-text part written"))


def _traps(content: Content, seen: Sequence[Seen]) -> Iterator[Finding]:
    """What filters of spam count against a mail, where it is written."""
    for where, texts in texts_of(content):
        for language, text in texts.items():
            if said := trap(text, is_subject=where == ("", "subject")):
                yield Finding(WARNING, "traps", said, where, language)
                return
    for one in seen:
        parser = _Links()
        parser.feed(one.html)
        if parser.images > 3 and len(one.text) < 40 * parser.images:
            said = _("%(n)s images and few words look like spam: say more in text.") % {"n": parser.images}
            yield Finding(WARNING, "traps", said, language=one.language)
            return
    yield Finding(OK, "traps", _("Nothing that filters take for spam"))
