"""What the shop puts beside the order: which parts in which order, its products. Fields of the form of its look."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.models import Brand
from tenants.services import BLOCKS, MOST_PRODUCTS, PRODUCT, plain_products
from tracking.afterwards import USUAL_BLOCKS

NAMES = {
    "banner": gettext_lazy("The banner"),
    "order": gettext_lazy("What was ordered"),
    "products": gettext_lazy("The products"),
    "social": gettext_lazy("Social networks"),
}
PRODUCT_LABELS = {
    "title": gettext_lazy("Name of product %(n)d"),
    "price": gettext_lazy("Price of product %(n)d"),
    "url": gettext_lazy("Address of product %(n)d"),
    "image_url": gettext_lazy("Picture of product %(n)d"),
}


def add_fields(form: forms.Form, brand: Brand) -> None:
    """One select for each place below the parcels, and four fields for each product."""
    chosen = [*(brand.blocks or USUAL_BLOCKS), *[""] * len(BLOCKS)]
    for n in range(len(BLOCKS)):
        form.fields[f"block_{n}"] = forms.ChoiceField(
            label=_("Place %(n)d") % {"n": n + 1},
            choices=[("", _("Nothing")), *NAMES.items()],
            required=False,
        )
        form.initial[f"block_{n}"] = chosen[n]
    for n in range(MOST_PRODUCTS):
        kept = brand.products[n] if n < len(brand.products) else {}
        for name, most in PRODUCT.items():
            widget = forms.TextInput(
                attrs={"placeholder": "https://", "inputmode": "url"} if most > 100 else {}
            )
            form.fields[f"product_{n}_{name}"] = forms.CharField(
                label=PRODUCT_LABELS[name] % {"n": n + 1}, max_length=most, required=False, widget=widget
            )
            form.initial[f"product_{n}_{name}"] = kept.get(name, "")


def check(form: forms.Form, said: dict[str, Any]) -> None:
    """Put what is wrong with a product beside it."""
    for n in range(MOST_PRODUCTS):
        try:
            plain_products([_product(said, n)])
        except ValidationError as error:
            form.add_error(f"product_{n}_url", error)


def taken(said: dict[str, Any]) -> dict[str, Any]:
    """What of it can be taken, by field of the brand."""
    blocks = list(dict.fromkeys(filter(None, (said.get(f"block_{n}", "") for n in range(len(BLOCKS))))))
    products = [
        product for n in range(MOST_PRODUCTS) if (product := _product(said, n))["title"] and product["url"]
    ]
    return {"blocks": [] if tuple(blocks) == USUAL_BLOCKS else blocks, "products": products}


def _product(said: dict[str, Any], n: int) -> dict[str, str]:
    return {name: said.get(f"product_{n}_{name}", "") or "" for name in PRODUCT}


def rows(form: forms.Form) -> list[list[forms.BoundField]]:
    return [[form[f"product_{n}_{name}"] for name in PRODUCT] for n in range(MOST_PRODUCTS)]


def places(form: forms.Form) -> list[forms.BoundField]:
    return [form[f"block_{n}"] for n in range(len(BLOCKS))]
