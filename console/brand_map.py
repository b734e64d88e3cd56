"""The map of a page that is only looked at: drawn into it, as it stands at no address of its own."""

from __future__ import annotations

import base64
from dataclasses import replace

from tenants.models import Shop
from tracking.look import colours_of
from tracking.map import Colours, draw
from tracking.route import in_words, towns_around, way_of, window_of
from tracking.sheet import Sheet
from tracking.snapshot import Snapshot


def with_map(shown: Sheet, snapshot: Snapshot, shop: Shop) -> Sheet:
    """In the active language. Without one while a courier is followed: his map is a page's own doing."""
    way = way_of(snapshot, shop.country)
    if shown.map is None or way is None or way.followed:
        return replace(shown, map=None)
    window, over = window_of(way.route), bool(shown.map.tiles)
    svg = draw(
        way.route,
        window,
        towns=() if over else towns_around(window, snapshot.order.country),
        colours=Colours(**colours_of(snapshot.look)),
        said=in_words(way),
        with_land=not over,
    )
    src = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
    return replace(shown, map=replace(shown.map, src=src))
