"""What a design holds: blocks and their fields, texts by language. As JSON in the database; checked here. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

FORMAT = 1
MOST_BLOCKS = 40
MOST_TEXT, MOST_LINE = 8_000, 240
Content = dict[
    str, Any
]  # {"format": 1, "subject": {lang: Liquid}, "preview": {…}, "blocks": [{"id", "kind", …}]}
ID = re.compile(r"[a-z0-9-]{1,24}")
COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Field:
    """`sort`: line, text, url, choice, toggle, number, colour, picture, coupon, skus, links. Of a `said` one there is a
    text for each language: {"es": …}; Liquid goes in those and in `url`s."""

    name: str
    sort: str
    label: str | Promise
    said: bool = False
    choices: tuple[tuple[str, str | Promise], ...] = ()
    default: Any = ""
    help: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """`sells`: for whom may be sold to only. `icon`: of static/icons, as the menu's."""

    code: str
    label: str | Promise
    icon: str
    fields: tuple[Field, ...] = ()
    sells: bool = False
    once: bool = False


_ALIGN = Field(
    "align", "choice", gettext_lazy("Alignment"),
    choices=(("left", gettext_lazy("Left")), ("center", gettext_lazy("Centre"))), default="left",
)  # fmt: skip
_ONE_TO = (
    ("page", gettext_lazy("The order’s page")),
    ("delivery", gettext_lazy("Change the delivery")),
    ("write", gettext_lazy("Write to the shop")),
    ("review", gettext_lazy("Rate the order")),
    ("invoice", gettext_lazy("The invoice")),
    ("url", gettext_lazy("Another address")),
)
_ADDRESS = Field("url", "url", gettext_lazy("Address"), help=gettext_lazy("Only for “Another address”."))
_TITLE = Field("title", "line", gettext_lazy("Title"), said=True)
_TEXT = Field("text", "text", gettext_lazy("Text"), said=True)
_LABEL = Field("label", "line", gettext_lazy("Button’s words"), said=True)

KINDS: Mapping[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("logo", gettext_lazy("Logo"), "shop", (_ALIGN,), once=True),
        Kind("headline", gettext_lazy("Headline"), "flag", (
            Field("text", "line", gettext_lazy("Headline"), said=True,
                  help=gettext_lazy("Left empty: where the order is and when it comes, in the words of its page.")),
            _ALIGN,
        )),
        Kind("text", gettext_lazy("Text"), "edit", (_TEXT, _ALIGN)),
        Kind("image", gettext_lazy("Image"), "page", (
            Field("picture", "picture", gettext_lazy("Image")),
            Field("alt", "line", gettext_lazy("What it shows, for who cannot see it"), said=True),
            Field("url", "url", gettext_lazy("Leads to")),
            Field("wide", "toggle", gettext_lazy("From edge to edge"), default=False),
        )),
        Kind("progress", gettext_lazy("Progress"), "steps", once=True),
        Kind("button", gettext_lazy("Button"), "external", (
            _LABEL, Field("to", "choice", gettext_lazy("Leads to"), choices=_ONE_TO, default="page"), _ADDRESS, _ALIGN,
        )),
        Kind("lines", gettext_lazy("Order lines"), "list", (
            Field("pictures", "toggle", gettext_lazy("With pictures"), default=True),
            Field("prices", "toggle", gettext_lazy("With prices"), default=True),
        ), once=True),
        Kind("parcels", gettext_lazy("Parcels"), "box", (
            Field("always", "toggle", gettext_lazy("Also when there is only one"), default=False),
        ), once=True),
        Kind("map", pgettext_lazy("block", "Map"), "globe", once=True),
        Kind("pickup", gettext_lazy("Pickup card"), "flag", (
            Field("code", "toggle", gettext_lazy("With the code as a QR"), default=True),
        ), once=True),
        Kind("banner", gettext_lazy("Banner"), "chart", (
            Field("source", "choice", gettext_lazy("Which one"), default="own", choices=(
                ("own", gettext_lazy("Written here")),
                ("page", gettext_lazy("The one on the order’s page")),
                ("audience", gettext_lazy("The first that fits, of the shop’s banners")),
            )),
            _TITLE, _TEXT, _LABEL, Field("url", "url", gettext_lazy("Leads to")),
            Field("picture", "picture", gettext_lazy("Image")),
        ), sells=True),
        Kind("coupon", gettext_lazy("Coupon"), "receipt", (
            Field("coupon", "coupon", gettext_lazy("Coupon")), _TITLE, _TEXT,
        ), sells=True),
        Kind("products", gettext_lazy("Products"), "box", (
            _TITLE,
            Field("pick", "choice", gettext_lazy("Which ones"), default="rule", choices=(
                ("picked", gettext_lazy("Picked here")),
                ("goes_with", gettext_lazy("What goes with the order")),
                ("category", gettext_lazy("Of the same kind as the order")),
                ("latest", gettext_lazy("The first of the catalogue")),
            )),
            Field("skus", "skus", gettext_lazy("SKUs, one a line")),
            Field("most", "number", gettext_lazy("How many"), default=2),
        ), sells=True),
        Kind("stars", gettext_lazy("Review stars"), "star", (
            Field("text", "line", gettext_lazy("Question"), said=True),
        ), once=True),
        Kind("social", gettext_lazy("Social networks"), "users", (
            Field("links", "links", gettext_lazy("Links, left empty: those of the page")),
        ), once=True),
        Kind("line", gettext_lazy("Line"), "minus"),
        Kind("space", gettext_lazy("Space"), "minus", (
            Field("size", "number", gettext_lazy("Height in pixels"), default=24),
        )),
        Kind("footer", gettext_lazy("Footer"), "page", (
            Field("text", "text", gettext_lazy("More words, such as your address"), said=True),
        ), once=True),
    )
}  # fmt: skip

HEAD = (
    Field("subject", "line", gettext_lazy("Subject"), said=True),
    Field("preview", "line", gettext_lazy("Preview, beside the subject in the list of mails"), said=True),
)
SHORT = (Field("text", "text", gettext_lazy("Text"), said=True),)
WHATSAPP = (
    Field(
        "template",
        "line",
        gettext_lazy("Approved template (Content SID)"),
        said=True,
        help=gettext_lazy(
            "HX and 32 signs, as Twilio names the template that WhatsApp approved in this language."
        ),
    ),
    Field("variables", "links", gettext_lazy("Variables")),
    *SHORT,
)


class ContentError(ValueError):
    """What is no design. `where`: the block's id and field, or the head's field."""

    def __init__(self, said: str, where: tuple[str, str] = ("", "")) -> None:
        super().__init__(said)
        self.said, self.where = said, where


def texts_of(content: Content) -> Iterator[tuple[tuple[str, str], Mapping[str, str]]]:
    """Every text by language there is in it: ((block's id or "", field), {language: text})."""
    for field in (*HEAD, *WHATSAPP):
        said = content.get(field.name)
        if field.said and isinstance(said, Mapping) and said:
            yield ("", field.name), said
    for block in content.get("blocks", ()):
        for field in KINDS[block["kind"]].fields:
            if field.said and block.get(field.name):
                yield (block["id"], field.name), block[field.name]


def checked(said: Any, *, channel: str, languages: Sequence[str]) -> Content:
    """The design as it is kept: what is known, of the right shape and length. Raises ContentError."""
    if not isinstance(said, Mapping):
        raise ContentError(_("This is no design."))
    if channel != "email":
        fields = WHATSAPP if channel == "whatsapp" else SHORT
        return {"format": FORMAT} | _fields(said, fields, languages, "")
    blocks = said.get("blocks", [])
    if not isinstance(blocks, list) or len(blocks) > MOST_BLOCKS:
        raise ContentError(_("A message has at most %(most)s blocks.") % {"most": MOST_BLOCKS})
    kept, seen, kinds = [], set(), set()
    for block in blocks:
        kind = KINDS.get(str(block.get("kind", ""))) if isinstance(block, Mapping) else None
        if kind is None:
            raise ContentError(_("There is no such block."))
        name = str(block.get("id", ""))
        if not ID.fullmatch(name) or name in seen:
            raise ContentError(_("Each block has an id of its own."))
        if kind.once and kind.code in kinds:
            raise ContentError(_("“%(block)s” goes in once.") % {"block": kind.label}, (name, ""))
        seen.add(name)
        kinds.add(kind.code)
        kept.append({"id": name, "kind": kind.code} | _fields(block, kind.fields, languages, name))
    return {"format": FORMAT} | _fields(said, HEAD, languages, "") | {"blocks": kept}


def _fields(
    said: Mapping[str, Any], fields: Sequence[Field], languages: Sequence[str], block: str
) -> Content:
    kept: Content = {}
    for field in fields:
        value = said.get(field.name)
        if value is None or value == "":
            continue
        where = (block, field.name)
        if field.said:
            texts = _texts(value, field, languages, where)
            if texts:
                kept[field.name] = texts
            continue
        kept[field.name] = _plain(value, field, where)
    return kept


def _texts(value: Any, field: Field, languages: Sequence[str], where: tuple[str, str]) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ContentError(_("A text is given for each language."), where)
    most = MOST_TEXT if field.sort == "text" else MOST_LINE
    texts = {}
    for language in languages:
        text = str(value.get(language) or "").replace("\r\n", "\n").strip()
        if len(text) > most:
            raise ContentError(_("This is longer than %(most)s characters.") % {"most": most}, where)
        if "\n" in text and field.sort == "line":
            raise ContentError(_("This is one line."), where)
        if text:
            texts[language] = text
    return texts


def _plain(value: Any, field: Field, where: tuple[str, str]) -> Any:
    if field.sort == "toggle":
        return value in (True, "on", "true", "1")
    if field.sort == "number":
        number = int(value) if str(value).isdecimal() else -1
        if not 0 <= number <= 200:
            raise ContentError(_("A number from 0 to 200."), where)
        return number
    if field.sort == "choice":
        if value not in [code for code, _label in field.choices]:
            raise ContentError(_("There is no such choice."), where)
        return value
    if field.sort == "url":
        return _address(str(value), where)
    if field.sort == "skus":
        listed = value.split("\n") if isinstance(value, str) else value
        return [str(sku).strip()[:64] for sku in listed if str(sku).strip()][:12]
    if field.sort == "links":
        return _links(value, field, where)
    return str(value).strip()[:MOST_LINE]


def _links(value: Any, field: Field, where: tuple[str, str]) -> Any:
    if field.name == "variables":
        if not isinstance(value, Mapping) or not all(str(k).isdecimal() for k in value):
            raise ContentError(_("Variables are numbered: 1, 2, 3…"), where)
        return {str(k): str(v).strip()[:MOST_LINE] for k, v in value.items() if str(v).strip()}
    if not isinstance(value, list):
        raise ContentError(_("Links have a name and an address."), where)
    return [
        {"label": str(link.get("label", ""))[:40], "url": _address(str(link.get("url", "")), where)}
        for link in value[:8]
        if isinstance(link, Mapping) and link.get("url")
    ]


def _address(said: str, where: tuple[str, str]) -> str:
    """https, mailto, tel, or a variable. Anything else a mail program may run."""
    said = said.strip()
    if not re.match(r"(https://[^\s\"'<>]+|mailto:[^\s\"'<>]+|tel:[+0-9 ]+|\{\{.+\}\}[^\s\"'<>]*)$", said):
        raise ContentError(
            _("Write the whole address, beginning with https://, as in https://example.com/sale."), where
        )
    return said[:500]


def said_in(texts: Mapping[str, str] | None, language: str, *others: str) -> str:
    """A text in `language`, else in the first of `others` that has it."""
    texts = texts or {}
    return next((texts[one] for one in (language, *others) if texts.get(one)), "")


def missing_languages(content: Content, languages: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """The texts that some language has and another has not: {language: [(block, field)]}."""
    missing: dict[str, list[tuple[str, str]]] = {}
    for where, texts in texts_of(content):
        for language in languages:
            if not texts.get(language):
                missing.setdefault(language, []).append(where)
    return missing
