"""What is worth knowing before the service serves, and does not keep it from serving."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Warning, register

LIBRARIES = "apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


@register()
def can_draw_pdf(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """`manage.py check` says what is missing to make invoices PDFs."""
    import importlib

    try:
        importlib.import_module("weasyprint")
    except OSError:
        return [
            Warning(
                "Invoices can be printed from their page, but no PDF is made of them: Pango is not installed.",
                hint=f"On Debian: {LIBRARIES}",
                id="tracking.W001",
            )
        ]
    return []
