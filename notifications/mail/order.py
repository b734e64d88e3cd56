"""Blocks that show an order: how far it is, what is in it, its parcels, where they are, where they wait. Pure."""

from __future__ import annotations

from notifications.mail.look import GREY, INK, INSIDE, LINE, Look
from notifications.mail.parts import Block, card, picture, section, table, words

BREAK = "overflow-wrap:anywhere;word-break:break-word"


def progress(block: Block, look: Look) -> str:
    """Steps as a row of bars, since no two mail programs draw the same circle. On a phone, where their names would not
    fit side by side, the present one is said below."""
    bar = (
        '<td style="padding:0 4px 0 0;vertical-align:top;font-size:11px;line-height:1.35;word-break:break-word" '
        'width="{{ 100 | divided_by: steps.size }}%">'
        '<div class="{% if step.reached %}on{% else %}off{% endif %}" style="height:5px;border-radius:3px;font-size:0;'
        f'line-height:5px;background:{{% if step.reached %}}{look.brand}{{% else %}}{LINE}{{% endif %}}">&nbsp;</div>'
        f'<div class="lbl{{% unless step.reached %}} todo{{% endunless %}}" style="padding-top:6px;color:'
        f"{{% if step.reached %}}{INK}{{% else %}}{GREY}{{% endif %}}"
        '{% if step.now %};font-weight:700{% endif %}">{{ step.label }}</div></td>'
    )
    rows = (
        f"<tr>{{% for step in steps %}}{bar}{{% endfor %}}</tr>@@apart@@"
        '<tr class="sum" style="display:none"><td colspan="{{ steps.size }}" style="padding-top:8px;font-size:14px">'
        f"{block.said('now')}</td></tr>@@together@@"
    )
    return section(table(rows, table_layout="fixed"), top=24)


def lines(block: Block, look: Look) -> str:
    shown = (
        '<td width="68" style="padding:12px 12px 12px 0;vertical-align:top">{% if line.image_url %}'
        '<img src="{{ line.image_url }}" alt="" width="56" height="56" style="display:block;width:56px;height:56px;'
        'object-fit:cover;border:0;border-radius:8px" />{% endif %}</td>'
    )
    price = (
        '<td class="hair" align="right" style="padding:12px 0;vertical-align:top;text-align:right;white-space:nowrap">'
        "{{ line.price }}</td>"
    )
    row = (
        f"<tr>{shown if 'pictures' in block.has else ''}"
        f'<td style="padding:12px 8px 12px 0;vertical-align:top;{BREAK}">{{{{ line.title }}}}'
        f'{{% if line.detail %}}<br /><span class="mute" style="color:{GREY};font-size:13px">{{{{ line.detail }}}}</span>'
        f"{{% endif %}}</td>{price if 'prices' in block.has else ''}</tr>"
    )
    return section(table(f"{{% for line in lines %}}{_ruled(row)}{{% endfor %}}"), top=22)


def _ruled(row: str) -> str:
    """A line above it. On each cell: a row has no border everywhere."""
    return row.replace('<td class="hair"', "<td").replace("<td ", '<td class="hair" ').replace(
        "padding:12px", f"border-top:1px solid {LINE};padding:12px"
    )  # fmt: skip


def parcels(block: Block, look: Look) -> str:
    small = f'<br /><span class="mute" style="color:{GREY};font-size:13px">'
    row = (
        f'<tr><td style="padding:12px 0;{BREAK}"><b>{{{{ parcel.carrier }}}}</b> · {{{{ parcel.status }}}}'
        f"{{% if parcel.eta %}}{small}{{{{ parcel.eta }}}}</span>{{% endif %}}"
        f"{{% if parcel.number %}}{small}{{{{ parcel.number }}}}</span>{{% endif %}}</td></tr>"
    )
    return section(table(f"{{% for parcel in parcels %}}{_ruled(row)}{{% endfor %}}"), top=22)


def map_(block: Block, look: Look) -> str:
    inside = picture(
        block.said("src"),
        block.said("alt"),
        width=INSIDE,
        height=round(INSIDE * 21 / 40),
        href="{{ order.url }}",
        radius=12,
    )
    return section(words(inside, line_height="1"), top=22)


def pickup(block: Block, look: Look) -> str:
    """Where it waits, and what to show there: the code as a picture, and as the digits it stands for."""
    said = '<b style="font-size:17px">{{ pickup.name }}</b>'
    for name in ("address", "hours"):
        grey = f'<span class="mute" style="color:{GREY}">{{{{ pickup.{name} }}}}</span>'
        said += f"{{% if pickup.{name} %}}<br />{grey}{{% endif %}}"
    made = words(said, font_size="15px")
    if "until" in block.has:
        made += words(block.said("until"), padding="10px 0 0", font_size="15px", font_weight="600")
    if "code" in block.has:
        made += words(block.said("label"), padding="14px 0 0", font_size="13px")
        if "src" in block.has:
            image = picture(block.said("src"), block.said("alt"), width=136, height=136, radius=6, plain=True)
            made += words(image, padding="8px 0 0", line_height="1")
        made += words("{{ pickup.code }}", padding="8px 0 0", font_size="24px", line_height="1.25", font_weight="700",
                      letter_spacing="2px", font_family="ui-monospace, Menlo, Consolas, monospace")  # fmt: skip
    return card(made, top=20, colour=look.brand_soft, radius=min(look.radius, 12))


def stars(block: Block, look: Look) -> str:
    """Five links to where one rates, each with its stars chosen: nothing is said before the page is sent off."""
    made = "".join(
        f'<td width="48" align="center"><a href="{{{{ order.review_url }}}}?stars={n}" target="_blank" '
        f'title="{block.said(f"said{n}")}" aria-label="{block.said(f"said{n}")}" style="display:block;width:44px;'
        f'line-height:44px;font-size:34px;text-decoration:none;color:{look.brand_text}" class="lnk">&#9733;</a></td>'
        for n in range(1, 6)
    )
    asked = words(block.said("text"), font_weight="600", font_size="17px")
    return section(asked + table(f"<tr>{made}</tr>", width="240px"), top=24)
