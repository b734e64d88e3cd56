"""What every console page shows around its own content: the menu, the shop's mark."""

from __future__ import annotations

from typing import Any

from django import template

from console import menu
from tenants.colours import on

register = template.Library()


@register.simple_tag(takes_context=True)
def console_frame(context: template.Context) -> dict[str, Any]:
    """The menu's groups, and the shop's colour with the ink that reads upon it. One statement."""
    request = context["request"]
    colour, counts = menu.colour_and_counts(request)
    return {
        "groups": menu.shown(request, counts),
        "colour": colour,
        "on_colour": on(colour) if colour else "",
    }
