"""How a shop looks in a mail, light and dark, in the few ways that mail programs understand. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

GREY, INK, LINE, PAPER = "#626863", "#1b1d1c", "#e5e3dd", "#ffffff"
WIDTH, SIDE = 560, 28  # px: of the mail, and left free at its sides
INSIDE = WIDTH - 2 * SIDE
NARROW = 479  # px: a phone


@dataclass(frozen=True, slots=True)
class Look:
    """Colours are `#rrggbb`."""

    brand: str
    on_brand: str
    brand_text: str
    brand_soft: str
    page: str
    font: str
    radius: int
    logo_url: str = ""
    logo_width: int = 0
    logo_height: int = 0
    language: str = "es"
    muted: str = GREY  # upon the page
    dark_page: str = "#131514"
    dark_card: str = "#1c1f1d"
    dark_brand: str = "#7fb79f"
    dark_on_brand: str = "#1b1d1c"
    dark_brand_text: str = "#9fd0ba"
    dark_brand_soft: str = "#24322b"
    has_serifs: bool = False


DARK_INK, DARK_GREY, DARK_LINE = "#eceee9", "#a9b0aa", "#3b413d"


def css(look: Look) -> str:
    """What a style of an element cannot say: phones, and the dark. Mails hold without it."""
    dark = "".join(f"{selector}{{{said}}}" for selector, said in _dark(look))
    # Outlook on the web and its apps have no such query: they put an attribute above what they have darkened.
    outlook = "".join(
        ",".join(f"[data-ogsc] {one}" for one in selector.split(",")) + f"{{{said}}}"
        for selector, said in _dark(look)
        if not selector.startswith(":root")
    )
    return (
        ":root{color-scheme:light dark;supported-color-schemes:light dark}"
        "a{color:inherit}.sum{display:none}"
        f"@media only screen and (max-width:{NARROW}px){{"
        ".in>table>tbody>tr>td{padding-left:20px!important;padding-right:20px!important}"
        ".full>table>tbody>tr>td{padding-left:0!important;padding-right:0!important}td.edge{padding-left:20px!important;padding-right:20px!important}"
        ".h1 div{font-size:24px!important}.lbl{display:none!important}"
        ".sum{display:table-row!important}.wide a{display:block!important}.wide table{width:100%!important}}"
        f"@media (prefers-color-scheme:dark){{{dark}}}{outlook}"
    )


def _dark(look: Look) -> Iterator[tuple[str, str]]:
    def ink(colour: str) -> str:
        return f"color:{colour}!important"

    def ground(colour: str) -> str:
        return f"background:{colour}!important;background-color:{colour}!important"

    yield "body,.page", ground(look.dark_page)
    yield ".paper,.paper>table", ground(look.dark_card)
    yield ".ink div,.ink p,.ink td,.ink table", ink(DARK_INK)
    yield ".mute div,.mute p,.ink .mute,.mute a,.todo", ink(DARK_GREY)
    yield ".ink .lnk,.brand div,.brand a", ink(look.dark_brand_text)
    yield ".btn td", ground(look.dark_brand)
    yield ".btn a", f"{ground(look.dark_brand)};{ink(look.dark_on_brand)}"
    yield ".card>table>tbody>tr>td", ground(look.dark_brand_soft)
    yield ".hair,.hair p", f"border-color:{DARK_LINE}!important"
    yield ".on", ground(look.dark_brand)
    yield ".off", ground(DARK_LINE)
    # A dark logo on nothing would be gone.
    yield ".logo img", "background:#ffffff!important;padding:6px!important;border-radius:8px!important"


def outlook_css(look: Look) -> str:
    """Outlook takes Times for any list of fonts whose first it has not got."""
    family = "Georgia,serif" if look.has_serifs else "'Segoe UI',Arial,sans-serif"
    return f"<!--[if mso]><style>body,table,td,div,p,a,span{{font-family:{family}!important}}</style><![endif]-->"
