"""What is worth knowing before the service serves, and does not keep it from serving."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Warning, register

from tracking.weasy import LIBRARIES, PdfUnavailableError, weasyprint


@register()
def can_draw_pdf(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """`manage.py check` says what is missing to make invoices PDFs."""
    try:
        weasyprint()
    except PdfUnavailableError:
        return [
            Warning(
                "Invoices can be printed from their page, but no PDF is made of them: Pango is not installed.",
                hint=f"On Debian: {LIBRARIES}",
                id="tracking.W001",
            )
        ]
    return []
