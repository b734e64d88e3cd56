"""Blocks that sell: a banner, a coupon, products. Pure."""

from __future__ import annotations

from notifications.mail.look import Look
from notifications.mail.parts import Block, picture, section, words

CODE = "ui-monospace, Menlo, Consolas, monospace"


def banner(block: Block, look: Look) -> str:
    on = {"color": look.on_brand, "css_class": "edge", "padding": "0 28px"}
    made = ""
    if "picture_url" in block.has:
        shown = picture(
            block.said("picture_url"), block.said("alt"), width=560, height=max(1, round(560 * (block.count or 500) / 1000)),
            href=block.said("url") if "url" in block.has else "",
        )  # fmt: skip
        made += words(shown, line_height="1", css_class="")
    if "title" in block.has:
        made += words(
            block.said("title"), font_size="18px", font_weight="700", **{**on, "padding": "22px 28px 0"}
        )
    if "text" in block.has:
        made += words(
            block.said("text"), **{**on, "padding": "8px 28px 0" if "title" in block.has else "22px 28px 0"}
        )
    if "code" in block.has:
        made += words(_code(block.said("code"), look), **{**on, "padding": "14px 28px 0"})
    if "url" in block.has and "label" in block.has:
        made += _light_button(block, look)
    made += '<mj-spacer height="24px" />' if block.has - {"picture_url", "alt", "url"} else ""
    return section(made, side=0, background_color=look.brand, css_class="sold")


def coupon(block: Block, look: Look) -> str:
    on = {"color": look.on_brand, "css_class": "sold"}
    made = ""
    if "title" in block.has:
        made += words(block.said("title"), font_size="18px", font_weight="700", **on)
    if "text" in block.has:
        made += words(block.said("text"), padding="8px 0 0", **on)
    made += words(_code(block.said("code"), look), padding="14px 0 0", **on)
    if "until" in block.has:
        made += words(block.said("until"), padding="12px 0 0", font_size="13px", **on)
    return section(made, top=24, bottom=24, background_color=look.brand, css_class="in sold")


def _code(said: str, look: Look) -> str:
    return (
        f'<span style="display:inline-block;border:2px dashed {look.on_brand};border-radius:8px;padding:8px 16px;'
        f'font-family:{CODE};font-size:18px;font-weight:700;letter-spacing:1px;overflow-wrap:anywhere">{said}</span>'
    )


def _light_button(block: Block, look: Look) -> str:
    return (
        f'<mj-button href="{block.said("url")}" align="left" css-class="edge" padding="16px 28px 0" inner-padding="13px 22px" '
        f'border-radius="{min(look.radius, 12)}px" background-color="{look.on_brand}" color="{look.brand}" '
        f'font-weight="600" font-size="16px" line-height="19px">{block.said("label")}</mj-button>'
    )


def products(block: Block, look: Look) -> str:
    """Two beside each other, on a phone too."""
    made = ""
    if "title" in block.has:
        made += section(words(block.said("title"), font_size="18px", font_weight="700"), top=26)
    for first in range(0, block.count, 2):
        cells = "".join(
            _product(block, n, look) if n < block.count else _cell("&nbsp;", n) for n in (first, first + 1)
        )
        made += (
            f'<mj-section padding="14px 20px 0" css-class="pair"><mj-group>{cells}</mj-group></mj-section>'
        )
    return made


def _product(block: Block, n: int, look: Look) -> str:
    def of(name: str) -> str:
        return block.said(f"p{n}_{name}")

    shown = ""
    if f"p{n}_image_url" in block.has:
        image = picture(of("image_url"), "", width=240, height=240, href=of("url"), radius=10)
        # Pictures of any shape, each cut to the same.
        shown = image.replace("height:auto", "height:auto;aspect-ratio:1/1;object-fit:cover")
    title = f'<a href="{of("url")}" target="_blank" style="color:inherit;text-decoration:none;font-weight:600">{of("title")}</a>'
    price = f"<br />{of('price')}" if f"p{n}_price" in block.has else ""
    return _cell(
        (words(shown, line_height="1") if shown else "")
        + words(title + price, padding="8px 0 0", font_size="15px"),
        n,
    )


def _cell(inside: str, n: int) -> str:
    said = words(inside) if not inside.startswith("<mj-") else inside
    return f'<mj-column width="50%" padding="0 8px">{said}</mj-column>'
