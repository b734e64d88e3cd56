"""What a shopper may be asked: which order it is, and whose."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class LookupForm(forms.Form):
    """An order's number, and the e-mail or phone it was placed with."""

    number = forms.CharField(
        label=_("Order number"),
        max_length=64,
        error_messages={
            "required": _("Write the order number: it is in the shop's confirmation, for example 1042.")
        },
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    contact = forms.CharField(
        label=_("E-mail or phone"),
        max_length=254,
        error_messages={"required": _("Write the e-mail or the phone number you gave when you ordered.")},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "email",
                "inputmode": "email",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "%s"
        if self.is_bound:
            for name in self.errors:
                self.fields[name].widget.attrs |= {
                    "aria-invalid": "true",
                    "aria-describedby": f"{name}-error",
                }


class ProofForm(forms.Form):
    """The e-mail or phone of the order whose page is open."""

    contact = forms.CharField(max_length=254)
