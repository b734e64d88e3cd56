"""A block as it is compiled: its shape, and where what it says is found among the values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from notifications.mail.look import SIDE


class BlockError(ValueError):
    """A block that cannot be made into a mail."""


@dataclass(frozen=True, slots=True)
class Block:
    """`slot`: the name of its values. `has`: those of them there are. `count`: of what it repeats."""

    kind: str
    slot: str = "b"
    has: frozenset[str] = frozenset()
    align: str = "left"
    count: int = 0
    size: int = 0
    wide: bool = False

    def said(self, name: str) -> str:
        """Where its value goes in the page."""
        return f"{{{{ {self.slot}.{name} }}}}"


def section(inside: str, *, top: int = 0, bottom: int = 0, side: int = SIDE, **attributes: str) -> str:
    """A row across the mail. Attributes as MJML has them, with _ for -; there is always a css_class."""
    named = {"css_class": "in", **attributes}
    more = "".join(f' {name.replace("_", "-")}="{escape(value)}"' for name, value in named.items() if value)
    return f'<mj-section padding="{top}px {side}px {bottom}px"{more}><mj-column>{inside}</mj-column></mj-section>'


def card(inside: str, *, top: int, colour: str, radius: int) -> str:
    """A piece of another colour, with round corners where they are known."""
    return (
        f'<mj-section padding="{top}px {SIDE}px 0" css-class="in"><mj-column css-class="card" background-color="{colour}" '
        f'border-radius="{radius}px" padding="18px 20px">{inside}</mj-column></mj-section>'
    )


def words(inside: str, *, css_class: str = "ink", **attributes: str | int) -> str:
    more = "".join(f' {name.replace("_", "-")}="{escape(str(value))}"' for name, value in attributes.items())
    return f'<mj-text css-class="{css_class}"{more}>{inside}</mj-text>'


def table(rows: str, *, css_class: str = "ink", **attributes: str | int) -> str:
    more = "".join(f' {name.replace("_", "-")}="{escape(str(value))}"' for name, value in attributes.items())
    return f'<mj-table css-class="{css_class}" padding="0"{more}><mj-raw>{rows}</mj-raw></mj-table>'


def picture(
    src: str, alt: str, *, width: int, height: int, href: str = "", radius: int = 0, plain: bool = False
) -> str:
    """An image that keeps its shape when a phone makes it narrower. `plain`: never wider than it is said to be."""
    fluid = "" if plain else "width:100%;"
    made = (
        f'<img src="{src}" alt="{alt}" width="{width}" height="{height}" style="display:block;{fluid}max-width:{width}px;'
        f'height:auto;border:0;border-radius:{radius}px;font-size:14px;line-height:1.4" />'
    )
    return f'<a href="{href}" target="_blank" style="text-decoration:none">{made}</a>' if href else made
