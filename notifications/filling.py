"""A design's blocks for one message: which there are, and what is in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from django.utils.translation import gettext as _
from markupsafe import Markup

from notifications import markup, pictures, sandbox, words
from notifications.blocks import Block, Look
from notifications.contents import KINDS, Content, said_in
from notifications.facts import COUPON
from notifications.facts import plain as as_fact
from notifications.fronts import Front
from notifications.markup import one_line
from tenants.models import Shop
from tracking.actions import web
from tracking.models import Order
from tracking.places import place

Source = tuple[str, Mapping[str, Any]]  # a text, and the values it has besides the message's
Fill = Callable[[Sequence[Source], Mapping[str, Any]], list[str]]
Slot = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads it. `is_other`: somebody the customer added, who is told when it comes, and neither what it is nor
    what it cost. `page_url`: in place of the order's own, where they are given another."""

    alerts_url: str = ""
    stop_url: str = ""
    is_other: bool = False
    page_url: str = ""
    no_offers_url: str = ""  # where they end being sold to, and no more; in messages that sell


@dataclass(frozen=True, slots=True)
class Part:
    """`block`: as it is compiled. `slot`: what is in it, to be filled in. `plain`: the same as text."""

    block: Block
    slot: Slot
    plain: str


def fill_here(sources: Sequence[Source], values: Mapping[str, Any]) -> list[str]:
    """In this process: what a shop has published was tried before."""
    return [sandbox.fill(source, {**values, **more} if more else values) for source, more in sources]


class Filling:
    """Every block of one message. Raises sandbox.WordsError."""

    def __init__(
        self, *, shop: Shop, front: Front, look: Look, language: str, order: Order | None, values: Mapping[str, Any],
        to: Audience, offers: Mapping[str, Any] | None, fill: Fill,
    ) -> None:  # fmt: skip
        self.shop, self.front, self.look, self.language = shop, front, look, language
        self.order, self.values, self.to, self.offers, self._fill = order, values, to, offers, fill
        self._said: dict[tuple[str, str], str] = {}

    def head(self, content: Content) -> tuple[str, str]:
        """The subject, and what stands beside it in a list of mails."""
        return one_line(self._said[("", "subject")]), one_line(self._said[("", "preview")])

    def parts(self, content: Content) -> list[Part]:
        blocks = list(content.get("blocks", ()))
        if not any(block["kind"] == "footer" for block in blocks):
            blocks.append({"id": "footer", "kind": "footer"})  # who writes, why, and how to end it: always
        self._fill_all(content, blocks)
        made = []
        for n, block in enumerate(blocks):
            if self.to.is_other and (block["kind"] in NOT_FOR_OTHERS or KINDS[block["kind"]].sells):
                continue
            slot = getattr(self, f"_{block['kind']}")(block)
            if slot is not None:
                made.append(part(block["kind"], f"b{n}", slot))
        return made

    def _fill_all(self, content: Content, blocks: Sequence[Mapping[str, Any]]) -> None:
        """Every text at once: one journey, where it is made in another process."""
        wanted: dict[tuple[str, str], Source] = {}
        for name in ("subject", "preview"):
            wanted["", name] = (said_in(content.get(name), self.language, self.shop.language), {})
        for block in blocks:
            coupon: dict[str, Any] = {}
            if block["kind"] == "coupon" and (offer := self._offer(block)):
                coupon = {"coupon": as_fact({name: offer.get(name) for name in COUPON})}
            for field in KINDS[block["kind"]].fields:
                if field.said:
                    text = said_in(block.get(field.name), self.language, self.shop.language)
                    source = markup.marked(text) if field.sort == "text" else text
                elif field.sort == "url":
                    source = str(block.get(field.name) or "")
                else:
                    continue
                wanted[block["id"], field.name] = (source, coupon)
        filled = self._fill(list(wanted.values()), self.values)
        self._said = dict(zip(wanted, filled, strict=True))

    # --- What a block was given ---

    def _line_of(self, block: Mapping[str, Any], name: str) -> str:
        return one_line(self._said.get((block["id"], name), ""))

    def _text_of(self, block: Mapping[str, Any], name: str = "text") -> str:
        return self._said.get((block["id"], name), "")

    def _address_of(self, block: Mapping[str, Any]) -> str:
        return markup.address(self._said.get((block["id"], "url"), ""))

    def _offer(self, block: Mapping[str, Any]) -> Mapping[str, Any] | None:
        found = (self.offers or {}).get(block["id"])
        return found if isinstance(found, Mapping) else None

    def _html(self, text: str, colour: str = "") -> Markup:
        return markup.as_html(text, colour=colour or self.look.brand_text)

    # --- Words ---

    def _logo(self, block: Mapping[str, Any]) -> Slot | None:
        return {"align": block.get("align", "left"), "plain": self.shop.name}

    def _headline(self, block: Mapping[str, Any]) -> Slot | None:
        said = self._line_of(block, "text") or str(self.values["headline"] or "")
        return {"text": said, "align": block.get("align", "left"), "plain": said} if said else None

    def _text(self, block: Mapping[str, Any]) -> Slot | None:
        said = self._text_of(block)
        html = self._html(said)
        if not html:
            return None
        return {"text": html, "align": block.get("align", "left"), "plain": markup.as_plain(said)}

    def _image(self, block: Mapping[str, Any]) -> Slot | None:
        found = pictures.size_of(self.shop.pk, str(block.get("picture") or ""))
        if found is None:
            return None
        alt, url = self._line_of(block, "alt"), self._address_of(block)
        return {
            "src": pictures.url_of(self.front, found), "alt": alt, "url": url, "wide": bool(block.get("wide")),
            "count": round(1000 * found.height / found.width), "size": found.width,
            "plain": " ".join(filter(None, (alt, url))),
        }  # fmt: skip

    def _button(self, block: Mapping[str, Any]) -> Slot | None:
        to, order = block.get("to", "page"), self.values["order"]
        if self.to.is_other and to not in ("page", "url"):
            return None
        url = self._address_of(block) if to == "url" else str(order[WAYS[to]] or "")
        label = self._line_of(block, "label") or str(words.BUTTONS[to])
        if not url:
            return None
        return {"url": url, "label": label, "align": block.get("align", "left"), "plain": f"{label}: {url}"}

    def _line(self, block: Mapping[str, Any]) -> Slot | None:
        return {"plain": "—"}

    def _space(self, block: Mapping[str, Any]) -> Slot | None:
        return {"size": int(block.get("size") or 24), "plain": ""}

    def _social(self, block: Mapping[str, Any]) -> Slot | None:
        said = block.get("links") or self.front.brand.social or ()
        links = [
            {"label": one_line(str(link.get("label") or "")), "url": web(str(link.get("url") or ""))}
            for link in said
            if isinstance(link, Mapping)
        ]
        links = [link for link in links if link["label"] and link["url"]]
        if not links:
            return None
        return {"links": links, "plain": "\n".join(f"{link['label']}: {link['url']}" for link in links)}

    def _footer(self, block: Mapping[str, Any]) -> Slot | None:
        phone = self.shop.contact_phone.replace(" ", "\xa0")
        contact = " · ".join(filter(None, (self.shop.name, self.shop.contact_email, phone)))
        said = self._text_of(block)
        why = sandbox.fill(str(words.WHY_OTHER if self.to.is_other else words.WHY), self.values)
        text = "\n\n".join(filter(None, (said, f"{contact}\n{why}")))
        slot: Slot = {"text": self._html(text, self.look.muted)}
        plain = [markup.as_plain(text)]
        # As other mail programs offer it beside who it is from.
        for name, url, label in (
            ("choose", self.to.alerts_url, words.CHOOSE),
            ("no_offers", self.to.no_offers_url, words.NO_OFFERS),
            ("stop", self.to.stop_url, words.STOP),
        ):
            if url and not (name == "choose" and self.to.is_other):
                slot |= {name: url, f"{name}_label": str(label)}
                plain.append(f"{label}: {url}")
        return slot | {"plain": "\n".join(plain)}

    # --- The order ---

    def _progress(self, block: Mapping[str, Any]) -> Slot | None:
        steps = self.values["steps"]
        at = next((n for n, step in enumerate(steps, start=1) if step["now"]), 0)
        if not at:
            return None
        said = _("Step %(number)d of %(total)d:") % {"number": at, "total": len(steps)}
        label = str(steps[at - 1]["label"] or "")
        return {"now": Markup(f"{escape(said)} <b>{escape(label)}</b>"), "plain": f"{said} {label}"}  # noqa: S704

    def _lines(self, block: Mapping[str, Any]) -> Slot | None:
        lines = self.values["lines"]
        if not lines:
            return None
        with_prices = bool(block.get("prices", True)) and any(line["price"] for line in lines)
        plain = "\n".join(
            f"- {line['title']}"
            + (f" ({line['detail']})" if line["detail"] else "")
            + (f": {line['price']}" if with_prices and line["price"] else "")
            for line in lines
        )
        shown = bool(block.get("pictures", True)) and any(line["image_url"] for line in lines)
        return {"pictures": shown, "prices": with_prices, "plain": plain}

    def _parcels(self, block: Mapping[str, Any]) -> Slot | None:
        parcels = self.values["parcels"]
        if len(parcels) < (1 if block.get("always") else 2):
            return None
        plain = "\n".join(
            f"- {parcel['carrier']}: {parcel['status']}"
            + (f" ({parcel['eta']})" if parcel["eta"] else "")
            + (f", {parcel['number']}" if parcel["number"] else "")
            for parcel in parcels
        )
        return {"plain": plain}

    def _map(self, block: Mapping[str, Any]) -> Slot | None:
        """Once something has moved, and the town it goes to is one we know."""
        if self.order is None or not self.values["order"]["parcels_sent"]:
            return None
        if place(self.order.city, self.order.country, self.order.region) is None:
            return None
        alt = _("Map of your parcel’s way to %(town)s.") % {"town": self.order.city}
        src = pictures.map_url(self.front, self.order, for_others=self.to.is_other)
        return {"src": src, "alt": alt, "plain": ""}

    def _pickup(self, block: Mapping[str, Any]) -> Slot | None:
        pickup = self.values["pickup"]
        if not pickup["name"] and not pickup["code"]:
            return None
        slot: Slot = {"code": pickup["code"], "label": _("Show this code there:")}
        if pickup["until"]:
            slot["until"] = _("Until %(day)s") % {"day": pickup["until"]}
        if self.order and pickup["code"] and pickup["shipment"] and block.get("code", True):
            src = pictures.code_url(self.front, self.order, pickup["shipment"])
            slot |= {"src": src, "alt": _("The code as a picture for the scanner")}
        said = [pickup["name"], pickup["address"], pickup["hours"], slot.get("until")]
        if pickup["code"]:
            said.append(f"{slot['label']} {pickup['code']}")
        return slot | {"plain": "\n".join(str(one) for one in said if one)}

    def _stars(self, block: Mapping[str, Any]) -> Slot | None:
        asked = self._line_of(block, "text") or str(words.HOW_WAS_IT)
        said = {f"said{n}": _("%(stars)d of 5 stars") % {"stars": n} for n in range(1, 6)}
        return {"text": asked, **said, "plain": f"{asked}\n{self.values['order']['review_url']}"}

    # --- What sells ---

    def _banner(self, block: Mapping[str, Any]) -> Slot | None:
        slot = self._banner_said(block)
        if slot is None or not (slot.get("title") or slot.get("text") or slot.get("picture_url")):
            return None
        slot["url"] = markup.address(str(slot.get("url") or ""))
        slot["alt"] = slot.get("alt") or slot.get("title") or ""
        plain = [
            slot.get("title"),
            markup.as_plain(str(slot.get("text") or "")),
            slot.get("code"),
            slot["url"],
        ]
        slot["text"] = self._html(str(slot.get("text") or ""), self.look.on_brand)
        if slot["url"] and not slot.get("label"):
            slot["label"] = str(words.SEE_IT)
        return slot | {"plain": "\n".join(str(one) for one in plain if one)}

    def _banner_said(self, block: Mapping[str, Any]) -> Slot | None:
        source, brand = block.get("source", "own"), self.front.brand
        if self.offers is not None and block["id"] in self.offers:
            offer = self._offer(block)
            if offer is None:
                return None
            own = {name: offer.get(name) for name in ("title", "text", "label", "url", "picture_url", "code")}
            own["picture_url"] = web(str(own["picture_url"] or ""))
            # Words written here are written in each language; what an offer brings beside is where they lead.
            return (
                own
                if source != "own"
                else {**self._own_banner(block), "url": own["url"] or self._address_of(block)}
            )
        if source == "own":
            return self._own_banner(block)
        if source == "page":
            return {
                "title": brand.banner_title, "text": brand.banner_text, "code": brand.banner_code,
                "url": brand.banner_url, "label": brand.banner_label,
            }  # fmt: skip
        return None

    def _own_banner(self, block: Mapping[str, Any]) -> Slot:
        found = pictures.size_of(self.shop.pk, str(block.get("picture") or ""))
        return {
            "title": self._line_of(block, "title"), "text": self._text_of(block), "url": self._address_of(block),
            "label": self._line_of(block, "label"), "picture_url": pictures.url_of(self.front, found) if found else "",
            "count": round(1000 * found.height / found.width) if found else 0,
        }  # fmt: skip

    def _coupon(self, block: Mapping[str, Any]) -> Slot | None:
        offer = self._offer(block)
        if offer is None or not offer.get("code"):
            return None
        title = self._line_of(block, "title") or one_line(str(offer.get("worth") or ""))
        text, code = self._text_of(block), one_line(str(offer["code"]))
        until = _("Until %(day)s") % {"day": offer["until"]} if offer.get("until") else ""
        plain = [title, markup.as_plain(text), code, until]
        return {
            "title": title, "text": self._html(text, self.look.on_brand), "code": code, "until": until,
            "plain": "\n".join(filter(None, plain)),
        }  # fmt: skip

    def _products(self, block: Mapping[str, Any]) -> Slot | None:
        found = (self.offers or {}).get(block["id"])
        listed = (
            [one for one in found or () if isinstance(one, Mapping) and one.get("title")]
            if isinstance(found, Sequence)
            else []
        )
        listed = [one for one in listed if markup.address(str(one.get("url") or ""))][:12]
        if not listed:
            return None
        title = self._line_of(block, "title")
        slot: Slot = {"title": title, "count": len(listed)}
        plain = [title]
        for n, one in enumerate(listed):
            name, price = one_line(str(one["title"])), one_line(str(one.get("price") or ""))
            url, image = markup.address(str(one["url"])), str(one.get("image_url") or "")
            slot |= {f"p{n}_title": name, f"p{n}_price": price, f"p{n}_url": url}
            slot[f"p{n}_image_url"] = image if image.startswith(("https://", self.front.pictures)) else ""
            plain.append(f"- {name}{f': {price}' if price else ''} {url}")
        return slot | {"plain": "\n".join(filter(None, plain))}


WAYS = {
    "page": "url", "delivery": "delivery_url", "write": "write_url", "review": "review_url", "invoice": "invoice_url",
}  # fmt: skip
# What a follower is not told: MATRIX of tracking.proof, for who holds the link of a present.
NOT_FOR_OTHERS = frozenset({"lines", "pickup", "stars"})


def part(kind: str, name: str, slot: Slot) -> Part:
    """Its shape apart from what is in it: mails of the same shape share one compiled page."""
    plain = str(slot.pop("plain", ""))
    shape: dict[str, Any] = {key: slot.pop(key) for key in ("align", "count", "size", "wide") if key in slot}
    has = frozenset(key for key, value in slot.items() if value)
    return Part(Block(kind, name, has, **shape), slot, plain)
