"""A draft as the mail it makes: framed, sandboxed, with no script but ours, which tells which block was clicked."""

from __future__ import annotations

import secrets
from html import escape
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console import faults
from console.editor_place import order_of, place_of
from console.previews import framed
from notifications.contents import Content
from notifications.models import TemplateVersion
from notifications.services.drafts import Draft
from notifications.services.templates import design_of, preview
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop

OF_THE_DARK = "@media (prefers-color-scheme:dark)"
# As mail programs do that know no dark of a mail's own: every colour turned, and images turned back.
TURNED = "<style>html{filter:invert(1) hue-rotate(180deg);background:#fff}img{filter:invert(1) hue-rotate(180deg)}</style>"


@members(Role.ADMIN)
@never_cache
@require_safe
def shown(request: MemberRequest, state: str, channel: str, language: str) -> HttpResponse:
    """The draft; `?version=3` that version, `?sent` what is sent."""
    place, draft = place_of(request, state, channel, language)
    if not place.is_mail:
        raise Http404
    content = _content(request, place.shop, state, draft)
    try:
        made = preview(
            shop=place.shop, key=state, channel=channel, language=language, content=content, order=order_of(place),
            now=timezone.now(),
        )  # fmt: skip
    except ValidationError as error:
        said = escape(faults.sentence(error))
        return framed(
            f"<!doctype html><title>–</title><p style='font:16px sans-serif'>{said}",
            styles=["'unsafe-inline'"],
        )
    html = darkened(made.html) if place.scheme == "dark" else lightened(made.html)
    return with_script(html, [block["id"] for block in content.get("blocks", ())])


def _content(request: MemberRequest, shop: Shop, key: str, draft: Draft) -> Content:
    number = request.GET.get("version", "")
    if number.isdecimal():
        version = (
            TemplateVersion.objects.for_shop(shop)
            .filter(template__key=key, template__channel="email", number=int(number[:9]))
            .first()
        )
        if version is None:
            raise Http404
        return version.content  # type: ignore[no-any-return]
    return design_of(shop, key, "email").content if "sent" in request.GET else draft.content


def lightened(html: str) -> str:
    """What a reader in the light sees, also where whoever looks at it sits in the dark."""
    return html.replace(OF_THE_DARK, "@media not all").replace(
        "color-scheme:light dark", "color-scheme:light"
    )


def darkened(html: str) -> str:
    """Approximately what a reader in the dark sees: by the mail's own words for the dark, else turned."""
    if OF_THE_DARK in html:
        return html.replace(OF_THE_DARK, "@media all").replace("color-scheme:light dark", "color-scheme:dark")
    return html.replace("</head>", f"{TURNED}</head>", 1)


def with_script(html: str, blocks: list[str]) -> HttpResponse:
    """`html` in its frame. Of an origin of its own, it can say which block was clicked, and nothing else."""
    nonce = secrets.token_urlsafe(16)
    script = f'<script nonce="{nonce}" src="{static("js/editor-preview.js")}" data-blocks="{escape(" ".join(blocks))}"></script>'
    at = html.rfind("</body>")
    response: Any = framed(
        html[:at] + script + html[at:] if at >= 0 else html + script, styles=["'unsafe-inline'"]
    )
    response._csp_config = {
        **response._csp_config, "script-src": [f"'nonce-{nonce}'"], "sandbox": ["allow-scripts"],
    }  # fmt: skip
    return response  # type: ignore[no-any-return]
