"""A message as blocks: each becomes MJML and plain text. Liquid placeholders stay in, to be filled per message. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

import mrml

GREY, INK, LINE, PAPER = "#626863", "#1b1d1c", "#e5e3dd", "#ffffff"
WIDTH = 560  # px
NO_FONTS = mrml.RenderOptions(fonts={})  # else a mail asks Google for Roboto, and tells it who reads it


@dataclass(frozen=True, slots=True)
class Look:
    """How the shop looks, in the few ways a mail program understands. Colours are `#rrggbb`."""

    brand: str
    on_brand: str
    brand_text: str
    brand_soft: str
    page: str
    font: str
    radius: int
    logo_url: str = ""
    logo_width: int = 0
    language: str = "es"


@dataclass(frozen=True, slots=True)
class Block:
    """`kind` names the shape; the rest is what the kind shows. Texts may hold Liquid."""

    kind: str
    text: str = ""
    title: str = ""
    label: str = ""
    url: str = ""
    code: str = ""


class BlockError(ValueError):
    """A block that cannot be made into a mail."""


def _section(inside: str, *, padding: str = "0 28px", **attributes: str) -> str:
    more = "".join(f' {name.replace("_", "-")}="{escape(value)}"' for name, value in attributes.items())
    return f'<mj-section padding="{padding}"{more}><mj-column>{inside}</mj-column></mj-section>'


def _logo(block: Block, look: Look) -> str:
    if look.logo_url:
        inside = (
            f'<mj-image src="{escape(look.logo_url)}" alt="{{{{ shop.name }}}}" width="{look.logo_width}px" '
            'align="left" padding="0" href="{{ shop.url }}" />'
        )
    else:
        inside = f'<mj-text font-size="20px" font-weight="700" color="{look.brand_text}">{{{{ shop.name }}}}</mj-text>'
    return _section(inside, padding="26px 28px 10px", background_color=PAPER)


def _headline(block: Block, look: Look) -> str:
    return _section(
        '<mj-text font-size="27px" line-height="1.15" font-weight="700" letter-spacing="-0.5px" '
        f'padding="14px 0 0">{block.text}</mj-text>',
        background_color=PAPER,
    )


def _text(block: Block, look: Look) -> str:
    paragraphs = block.text.replace("\r", "").split("\n\n")
    inside = "".join(
        f'<mj-text padding="12px 0 0">{p.replace(chr(10), "<br />")}</mj-text>' for p in paragraphs
    )
    return _section(inside, background_color=PAPER)


def _quote(block: Block, look: Look) -> str:
    """What a person wrote, as they wrote it. `text`: the variable that holds it."""
    return _section(
        f"<mj-raw>{{% if {block.text} %}}</mj-raw>"
        f'<mj-text padding="14px 18px" container-background-color="{look.brand_soft}">'
        f"{{{{ {block.text} | newline_to_br }}}}</mj-text>"
        "<mj-raw>{% endif %}</mj-raw>",
        padding="16px 28px 0",
        background_color=PAPER,
    )


def _digits(block: Block, look: Look) -> str:
    """A code to be read out or typed: large, apart, and easily selected."""
    return _section(
        '<mj-text font-size="34px" line-height="1.2" font-weight="700" letter-spacing="4px" '
        f'padding="18px 0 0">{block.text}</mj-text>',
        background_color=PAPER,
    )


def _progress(block: Block, look: Look) -> str:
    """Steps as a row of bars, since no two mail programs draw the same circle."""
    bar = (
        '<td style="padding:0 4px 0 0;vertical-align:top;font-size:11px;line-height:1.3;word-break:normal;'
        "color:{% if step.reached %}" + INK + "{% else %}" + GREY + '{% endif %}">'
        '<div style="height:5px;border-radius:3px;font-size:0;line-height:5px;background:'
        "{% if step.reached %}" + look.brand + "{% else %}" + LINE + '{% endif %}">&nbsp;</div>'
        '<div style="padding-top:6px{% if step.now %};font-weight:700{% endif %}">{{ step.label }}</div></td>'
    )
    rows = "<tr>{% for step in steps %}" + bar + "{% endfor %}</tr>"
    table = f'<mj-table padding="0" table-layout="fixed"><mj-raw>{rows}</mj-raw></mj-table>'
    return _section(
        "<mj-raw>{% if steps %}</mj-raw>" + table + "<mj-raw>{% endif %}</mj-raw>",
        padding="22px 28px 0",
        background_color=PAPER,
    )


def _button(block: Block, look: Look) -> str:
    return _section(
        f'<mj-button href="{escape(block.url)}" align="left" padding="22px 0 4px" inner-padding="14px 22px" '
        f'border-radius="{min(look.radius, 14)}px" background-color="{look.brand}" color="{look.on_brand}" '
        f'font-weight="600" font-size="16px">{block.label}</mj-button>',
        background_color=PAPER,
    )


def _pickup(block: Block, look: Look) -> str:
    inside = (
        "<mj-raw>{% if pickup.name %}</mj-raw>"
        '<mj-text padding="16px 20px 4px" font-weight="700">{{ pickup.name }}</mj-text>'
        '<mj-text padding="0 20px 16px" font-size="14px">{{ pickup.address }}{% if pickup.hours %}<br />{{ pickup.hours }}'
        "{% endif %}</mj-text><mj-raw>{% endif %}</mj-raw>"
    )
    return _section(inside, padding="14px 28px 0", background_color=PAPER)


def _parcels(block: Block, look: Look) -> str:
    row = (
        f'<tr style="border-top:1px solid {LINE}"><td style="padding:12px 8px 12px 0">'
        f'<b>{{{{ parcel.carrier }}}}</b><br /><span style="color:{GREY};font-size:13px">{{{{ parcel.eta }}}}</span></td>'
        '<td style="padding:12px 0;text-align:right;vertical-align:top">{{ parcel.status }}</td></tr>'
    )
    return _section(
        "<mj-raw>{% if parcels.size > 1 %}</mj-raw>"
        f'<mj-table padding="18px 0 0"><mj-raw>{{% for parcel in parcels %}}{row}{{% endfor %}}</mj-raw></mj-table>'
        "<mj-raw>{% endif %}</mj-raw>",
        background_color=PAPER,
    )


def _lines(block: Block, look: Look) -> str:
    row = (
        f'<tr style="border-top:1px solid {LINE}"><td style="padding:12px 8px 12px 0">{{{{ line.title }}}}'
        "{% if line.detail %}<br />"
        f'<span style="color:{GREY};font-size:13px">{{{{ line.detail }}}}</span>{{% endif %}}</td>'
        '<td style="padding:12px 0;text-align:right;vertical-align:top;white-space:nowrap">{{ line.price }}</td></tr>'
    )
    return _section(
        '<mj-table padding="22px 0 0"><mj-raw>{% for line in lines %}'
        + row
        + "{% endfor %}</mj-raw></mj-table>",
        background_color=PAPER,
    )


def _banner(block: Block, look: Look) -> str:
    inside = f'<mj-text color="{look.on_brand}" font-weight="700" padding="0">{block.title}</mj-text>'
    inside += f'<mj-text color="{look.on_brand}" padding="6px 0 0">{block.text}</mj-text>'
    if block.code:
        inside += (
            f'<mj-text color="{look.on_brand}" padding="12px 0 0"><span style="border:1px dashed {look.on_brand};'
            f'border-radius:8px;padding:6px 12px;font-family:monospace;font-weight:700">{block.code}</span></mj-text>'
        )
    if block.url:
        link = f'<a href="{escape(block.url)}" style="color:{look.on_brand}">{block.label}</a>'
        inside += f'<mj-text padding="12px 0 0">{link}</mj-text>'
    return _section(inside, padding="24px 28px", background_color=look.brand)


def _footer(block: Block, look: Look) -> str:
    text = block.text.replace("\n", "<br />")
    if block.url:
        text += f'<br /><a href="{escape(block.url)}" style="color:{GREY}">{block.label}</a>'
    return _section(
        f'<mj-text font-size="13px" color="{GREY}" align="center" padding="0">{text}</mj-text>',
        padding="24px 28px 32px",
    )


def _space(block: Block, look: Look) -> str:
    return _section('<mj-spacer height="26px" />', padding="0", background_color=PAPER)


KINDS = {
    "logo": _logo,
    "headline": _headline,
    "text": _text,
    "quote": _quote,
    "digits": _digits,
    "progress": _progress,
    "button": _button,
    "pickup": _pickup,
    "parcels": _parcels,
    "lines": _lines,
    "space": _space,
    "banner": _banner,
    "footer": _footer,
}


@lru_cache(maxsize=2048)
def html_template(blocks: tuple[Block, ...], look: Look) -> str:
    """The blocks as the HTML of a mail, Liquid still in it. Compiled once, filled in per message.

    Raises BlockError.
    """
    try:
        body = "".join(KINDS[block.kind](block, look) for block in blocks)
        made: str = mrml.to_html(_mjml(body, look), None, NO_FONTS).content
    except (KeyError, OSError) as error:  # OSError is what the compiler raises on what it cannot read
        raise BlockError(str(error)) from error
    return made


def _mjml(body: str, look: Look) -> str:
    return (
        f'<mjml lang="{escape(look.language)}"><mj-head><mj-title>{{{{ shop.name }}}}</mj-title>'
        "<mj-preview>{{ preview }}</mj-preview><mj-attributes>"
        f'<mj-all font-family="{escape(look.font)}" />'
        f'<mj-text font-size="16px" line-height="1.5" color="{INK}" padding="0" />'
        f'<mj-table font-size="15px" line-height="1.4" color="{INK}" />'
        "</mj-attributes></mj-head>"
        f'<mj-body width="{WIDTH}px" background-color="{look.page}"><mj-section padding="12px"></mj-section>'
        f"{body}</mj-body></mjml>"
    )


TEXTS: Mapping[str, str] = {
    "parcels": "{% if parcels.size > 1 %}{% for parcel in parcels %}- {{ parcel.carrier }}: {{ parcel.status }}"
    "{% if parcel.eta %} ({{ parcel.eta }}){% endif %}\n{% endfor %}{% endif %}",
    "lines": "{% for line in lines %}- {{ line.title }}{% if line.detail %} ({{ line.detail }}){% endif %}"
    "{% if line.price %}: {{ line.price }}{% endif %}\n{% endfor %}",
    "pickup": "{% if pickup.name %}{{ pickup.name }}\n{{ pickup.address }}\n{{ pickup.hours }}{% endif %}",
}


def text_template(blocks: Sequence[Block]) -> str:
    """The blocks as plain text, Liquid still in it."""
    parts = []
    for block in blocks:
        if block.kind in TEXTS:
            parts.append(TEXTS[block.kind])
        elif block.kind == "button":
            parts.append(f"{block.label}: {block.url}")
        elif block.kind == "quote":
            parts.append(f"{{{{ {block.text} }}}}")
        elif block.kind == "banner":
            parts.append("\n".join(filter(None, (block.title, block.text, block.code, block.url))))
        elif block.kind == "footer" and block.url:
            parts.append(f"{block.text}\n{block.label}: {block.url}")
        elif block.text:
            parts.append(block.text)
    return "\n\n".join(parts)
