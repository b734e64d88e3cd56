"""Where the pictures of a real map are had from, where a shop wants one: an address with three places to fill in."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# A host with a name, no user, password or port; a folder and a key in the query, as most providers ask for one.
# The same in Python and in PostgreSQL.
TILE_URL = (
    r"^https://([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{2,59})"
    r"(/[A-Za-z0-9_.~@-]+)*/\{z\}/\{x\}/\{y\}(@2x)?\.(png|webp)(\?[A-Za-z0-9_.~=&-]+)?$"
)
LONGEST_URL, LONGEST_CREDIT = 200, 120


def plain_tiles(url: str, credit: str) -> tuple[str, str]:
    """Both as they are kept; the credit is whom the map is by. Raises ValidationError, of each field's own fault."""
    url, credit = url.strip(), " ".join(credit.split())
    scheme, slashes, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    url = f"{scheme.lower()}{slashes}{host.lower()}{slash}{path}"
    if url and (len(url) > LONGEST_URL or not re.fullmatch(TILE_URL, url)):
        said = _(
            "Write the address as your provider gives it, like %(example)s. It begins with https:// and the name of a host, "
            "and ends in .png or .webp; a key may follow."
        )
        example = "https://tiles.example.com/{z}/{x}/{y}.png"
        raise ValidationError({"tile_url": said % {"example": example}})
    if url and not credit:
        raise ValidationError({"tile_credit": _("Say whom the map is by: every provider asks for it.")})
    return url, credit[:LONGEST_CREDIT]
