"""Forms of a carrier's account, drawn from the credentials the carrier names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carriers.services import LONGEST_SECRET, NAME
from carriers.types import Carrier


class AccountForm(forms.Form):
    """Name and credentials. `connected`: those it has stay where nothing is written."""

    use_required_attribute = False
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME,
        required=False,
        help_text=gettext_lazy("Where you have more than one account with this carrier."),
    )

    def __init__(
        self, data: Any = None, *, carrier: Carrier, name: str = "", connected: bool = False
    ) -> None:
        self.carrier = carrier
        super().__init__(data, initial={"name": name})
        for secret in carrier.auth.secrets:
            self.fields[f"secret_{secret.name}"] = forms.CharField(
                label=secret.label,
                required=False,
                max_length=LONGEST_SECRET,
                help_text=_("Stored, and never shown again. Leave it empty to keep it.")
                if connected
                else secret.help,
                widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
                if secret.hidden
                else forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            )
        self.order_fields([*(f"secret_{s.name}" for s in carrier.auth.secrets), "name"])

    def secrets(self) -> Mapping[str, str]:
        return {s.name: self.cleaned_data.get(f"secret_{s.name}", "") for s in self.carrier.auth.secrets}

    def refuse(self, faults: Mapping[str, list[str]]) -> None:
        """Put what the service said beside the credential it is about."""
        for name, sentences in faults.items():
            field = f"secret_{name}"
            self.add_error(field if field in self.fields else ("name" if name == "name" else None), sentences)


class TrialForm(forms.Form):
    use_required_attribute = False
    number = forms.CharField(
        label=gettext_lazy("A tracking number"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("One of this carrier’s, if you have one at hand."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
