"""An invoice's sums as its row keeps them, and back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tracking.invoicing import Line, Sums, Tax
from tracking.models import Invoice


def told(sums: Sums) -> dict[str, Any]:
    """The columns that hold `sums`. Decimals as text: JSON's numbers are not exact."""
    return {
        "lines": [
            {
                "kind": x.kind, "title": x.title, "variant": x.variant, "sku": x.sku, "quantity": x.quantity,
                "unit": str(x.unit), "amount": str(x.amount), "rate": str(x.rate), "of": x.of,
            }
            for x in sums.lines
        ],
        "taxes": [{"rate": str(x.rate), "net": str(x.net), "tax": str(x.tax)} for x in sums.taxes],
        "net": sums.net,
        "tax": sums.tax,
        "total": sums.total,
    }  # fmt: skip


def sums_of(invoice: Invoice) -> Sums:
    return Sums(tuple(map(_line, invoice.lines)), tuple(map(_tax, invoice.taxes)))


def _line(row: dict[str, Any]) -> Line:
    numbers = {name: Decimal(row[name]) for name in ("unit", "amount", "rate")}
    return Line(**row | numbers)


def _tax(row: dict[str, str]) -> Tax:
    return Tax(Decimal(row["rate"]), Decimal(row["net"]), Decimal(row["tax"]))
