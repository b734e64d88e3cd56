"""A mail as blocks, compiled through MJML to HTML that holds in every mail program. Liquid stays in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from html import escape

import mrml

from notifications.mail import order, selling
from notifications.mail import words as said
from notifications.mail.look import INK, PAPER, WIDTH, Look, css, outlook_css
from notifications.mail.parts import Block, BlockError

__all__ = ["KINDS", "Block", "BlockError", "Look", "html_template"]

NO_FONTS = mrml.RenderOptions(fonts={})  # else a mail asks Google for Roboto, and tells it who reads it
# So that a list of mails shows our words beside the subject, and not the first of the body after them.
PADDING = "&#847;&zwnj;&nbsp;" * 70
FULL_WIDTH = frozenset({"banner", "coupon"})  # coloured to the edge: at the end, nothing comes below

_CLASS = re.compile(r'(<mj-section [^>]*?css-class=")')
GAP = '<mj-section padding="0"><mj-column><mj-spacer height="28px" /></mj-column></mj-section>'

KINDS: Mapping[str, Callable[[Block, Look], str]] = {
    "logo": said.logo,
    "headline": said.headline,
    "text": said.text,
    "quote": said.quote,
    "digits": said.digits,
    "image": said.image,
    "progress": order.progress,
    "button": said.button,
    "lines": order.lines,
    "parcels": order.parcels,
    "map": order.map_,
    "pickup": order.pickup,
    "banner": selling.banner,
    "coupon": selling.coupon,
    "products": selling.products,
    "stars": order.stars,
    "social": said.social,
    "line": said.line,
    "space": said.space,
    "footer": said.footer,
}


@lru_cache(maxsize=2048)
def html_template(blocks: tuple[Block, ...], look: Look) -> str:
    """The blocks as the HTML of a mail, Liquid still in it. Compiled once, filled in per message.

    Raises BlockError.
    """
    try:
        made: str = mrml.to_html(_mjml(_body(blocks, look), look), None, NO_FONTS).content
    except (KeyError, OSError) as error:  # OSError is what the compiler raises on what it cannot read
        raise BlockError(str(error)) from error
    return _finished(made, look)


def _body(blocks: tuple[Block, ...], look: Look) -> str:
    """What comes before the footer is on paper; so is what comes after it."""
    parts: list[str] = []
    card: list[Block] = []
    for block in blocks:
        if block.kind == "footer":
            parts += [_card(card, look), _drawn(block, look)]
            card = []
        else:
            card.append(block)
    return "".join([*parts, _card(card, look)])


def _card(blocks: list[Block], look: Look) -> str:
    if not blocks:
        return ""
    drawn: list[str] = []
    before = ""
    for block in blocks:
        if block.kind in FULL_WIDTH and before not in FULL_WIDTH and drawn:
            drawn.append(GAP)
        drawn.append(_drawn(block, look))
        before = block.kind
    bottom = 0 if before in FULL_WIDTH else 30
    return (
        f'<mj-wrapper css-class="paper" background-color="{PAPER}" border-radius="{min(look.radius, 16)}px" '
        f'padding="0 0 {bottom}px">{"".join(drawn)}</mj-wrapper>'
    )


def _drawn(block: Block, look: Look) -> str:
    """With its slot as a class: a preview tells by it which block was clicked."""
    return _CLASS.sub(rf"\1{block.slot} ", KINDS[block.kind](block, look))


def _mjml(body: str, look: Look) -> str:
    return (
        f'<mjml lang="{escape(look.language)}" dir="ltr"><mj-head><mj-title>{{{{ shop.name }}}}</mj-title>'
        "<mj-preview>{{ preview }}@@padding@@</mj-preview><mj-attributes>"
        f'<mj-all font-family="{escape(look.font)}" />'
        f'<mj-text font-size="16px" line-height="1.5" color="{INK}" padding="0" />'
        f'<mj-table font-size="15px" line-height="1.4" color="{INK}" /><mj-column padding="0" />'
        "</mj-attributes></mj-head>"
        f'<mj-body width="{WIDTH}px" background-color="{look.page}" css-class="page">'
        f'<mj-section padding="12px"></mj-section>{body}</mj-body></mjml>'
    )


def _finished(html: str, look: Look) -> str:
    """What MJML has no words for."""
    head = (
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        '<meta name="format-detection" content="telephone=no,date=no,address=no,email=no">'
        f'<style type="text/css">{css(look)}</style>{outlook_css(look)}'
    )
    html = html.replace("</head>", f"{head}</head>", 1).replace("@@padding@@", PADDING, 1)
    html = re.sub(r"<table (?![^>]*\brole=)", '<table role="presentation" ', html)
    # What is hidden by a style is not hidden in Outlook.
    html = html.replace("@@apart@@", "<!--[if !mso]><!-->").replace("@@together@@", "<!--<![endif]-->")
    # Two remarks for Outlook side by side are one; an image or table needs no border said twice.
    html = html.replace("<![endif]--><!--[if mso | IE]>", "")
    return re.sub(r">\s+<(?!/?(?:a|b|span)\b)", "><", html)
