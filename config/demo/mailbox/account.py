"""The account page of a shop that is not ours: another site, whose server asks for one order's status to show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

PATH = "/account"
STYLE = """body{font:16px/1.5 Georgia,serif;margin:0;color:#2b2320;background:#fff}
header{display:flex;justify-content:space-between;padding:18px 24px;border-bottom:3px double #d9c8b8}
header b{font-size:1.2rem}nav{color:#75655a}main{max-width:660px;margin:0 auto;padding:24px}
h1{font-weight:400}h2{font-weight:400;margin-top:2em}.note{font:13px/1.5 system-ui,sans-serif;color:#6b6b6b}"""
PAGE = """<!doctype html>
<html lang="es"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mi cuenta · {shop}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="{path}.css"></head>
<body><header><b>{shop}</b><nav>Mi cuenta</nav></header>
<main><h1>Hola de nuevo</h1>
<h2>Tu último pedido</h2>
{order}
<h2>¿Buscas otro?</h2>
<script src="{site}/s/{slug}/widget.js" data-lang="es" async></script>
<p class="note">This page stands in for the shop’s own site, at another origin. Its server asked
<code>POST /api/v1/orders/{number}/embed</code> for an address that works for an hour.</p></main></body></html>"""


@dataclass(frozen=True, slots=True)
class Account:
    """`told`: the file in which the demo notes what it made. `site`: of the installation."""

    told: Path
    site: str

    @property
    def policy(self) -> str:
        return (
            f"default-src 'none'; style-src 'self'; script-src {self.site}; frame-src {self.site}; img-src data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )

    def page(self) -> str:
        told: dict[str, Any] = json.loads(self.told.read_text())
        seeded, number = told["welcome"], told["live"][0]["order"]
        address = self._address(number, seeded["api_key"])
        order = (
            f'<script src="{self.site}/s/{seeded["shop_slug"]}/widget.js" data-order="{address}" data-lang="es" async></script>'
            if address
            else "<p>El pedido no está disponible.</p>"
        )
        return PAGE.format(
            shop=told["live"][0]["shop"], path=PATH, order=order, site=self.site, slug=seeded["shop_slug"], number=number
        )  # fmt: skip

    def _address(self, number: str, key: str) -> str:
        """Empty where the installation does not answer."""
        try:
            answer = requests.post(
                f"{self.site}/api/v1/orders/{quote(number)}/embed",
                json={},
                headers={"Authorization": f"Bearer {key}"},
                timeout=5,
            )
            answer.raise_for_status()
            return str(answer.json()["url"])
        except (requests.RequestException, ValueError, KeyError):
            return ""
