"""Blocks that say something: logo, headline, text, image, button, footer, and what lies between. Pure."""

from __future__ import annotations

from notifications.mail.look import INSIDE, LINE, WIDTH, Look
from notifications.mail.parts import Block, card, picture, section, words


def logo(block: Block, look: Look) -> str:
    if look.logo_url:
        inside = picture(
            look.logo_url, "{{ shop.name }}", width=look.logo_width, height=look.logo_height, href="{{ shop.url }}",
            plain=True,
        )  # fmt: skip
        # A picture is a block of its own; only its cell can put it in the middle.
        inside = inside.replace("display:block", "display:inline-block")
        said = words(inside, css_class="logo", align=block.align, line_height="1")
    else:
        said = words("{{ shop.name }}", css_class="brand", align=block.align, font_size="19px", font_weight="700",
                     color=look.brand_text)  # fmt: skip
    return section(said, top=26)


def headline(block: Block, look: Look) -> str:
    said = words(block.said("text"), css_class="ink h1", align=block.align, font_size="27px", line_height="1.18",
                 font_weight="700", letter_spacing="-0.4px")  # fmt: skip
    return section(said, top=20)


def text(block: Block, look: Look) -> str:
    return section(words(block.said("text"), align=block.align), top=12)


def quote(block: Block, look: Look) -> str:
    """What a person wrote, as they wrote it."""
    return card(words(block.said("text")), top=16, colour=look.brand_soft, radius=min(look.radius, 12))


def digits(block: Block, look: Look) -> str:
    """A code to be read out or typed: large, apart, and easily selected."""
    said = words(
        block.said("text"), font_size="34px", line_height="1.2", font_weight="700", letter_spacing="4px"
    )
    return section(said, top=18)


def image(block: Block, look: Look) -> str:
    width = WIDTH if block.wide else INSIDE
    width = min(width, block.size or width)
    height = max(1, round(width * block.count / 1000))  # `count`: its height in thousandths of its width
    href = block.said("url") if "url" in block.has else ""
    inside = picture(
        block.said("src"),
        block.said("alt"),
        width=width,
        height=height,
        href=href,
        radius=0 if block.wide else 10,
    )
    if block.wide:
        return section(words(inside, line_height="1"), top=18, side=0, css_class="full")
    return section(words(inside, line_height="1"), top=18)


def button(block: Block, look: Look) -> str:
    # 16 px letters and 14 px above and below: 47 px for a thumb.
    made = (
        f'<mj-button href="{block.said("url")}" align="{block.align}" padding="0" inner-padding="14px 24px" css-class="btn" '
        f'border-radius="{min(look.radius, 12)}px" background-color="{look.brand}" color="{look.on_brand}" '
        f'font-weight="600" font-size="16px" line-height="19px">{block.said("label")}</mj-button>'
    )
    return section(made, top=22, bottom=4)


def social(block: Block, look: Look) -> str:
    links = (
        f"{{% for link in {block.slot}.links %}}{{% unless forloop.first %}} &nbsp;·&nbsp; {{% endunless %}}"
        f'<a class="lnk" href="{{{{ link.url }}}}" target="_blank" style="color:{look.brand_text};'
        'text-decoration:none;line-height:32px">{{ link.label }}</a>{% endfor %}'
    )
    return section(words(links, align="center", font_size="15px", line_height="32px"), top=20)


def line(block: Block, look: Look) -> str:
    made = f'<mj-divider border-width="1px" border-color="{LINE}" padding="0" css-class="hair" />'
    return section(made, top=24)


def space(block: Block, look: Look) -> str:
    return section(f'<mj-spacer height="{max(1, block.size)}px" />', css_class="gap")


def footer(block: Block, look: Look) -> str:
    inside = block.said("text")
    for name in ("choose", "no_offers", "stop"):
        if name in block.has:
            inside += (
                f'<p style="margin:6px 0 0"><a href="{block.said(name)}" target="_blank" style="color:{look.muted};'
                f'text-decoration:underline;line-height:26px">{block.said(name + "_label")}</a></p>'
            )
    said = words(
        inside, css_class="mute", font_size="13px", line_height="1.55", color=look.muted, align="center"
    )
    return section(said, top=24, bottom=32)
