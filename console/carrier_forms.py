"""Forms of a carrier's account, drawn from the credentials the carrier names; and of a code's meaning."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carriers import offers
from carriers.meanings import GIVABLE
from carriers.services import LONGEST_SECRET, NAME
from carriers.types import Carrier, Secret
from console.fields import choose
from tracking.labels import status_label


class SecretField(forms.CharField):
    """A credential. The service says what is missing; `is_needed` only says so beforehand."""

    def __init__(self, secret: Secret, *, is_needed: bool) -> None:
        self.is_needed = is_needed
        super().__init__(
            label=_(secret.label),
            required=False,
            max_length=LONGEST_SECRET,
            help_text=_(secret.help) if secret.help else "",
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
            if secret.hidden
            else forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )


class AccountForm(forms.Form):
    """Name and credentials. Those an account has stay where nothing is written."""

    use_required_attribute = False
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME,
        required=False,
        help_text=gettext_lazy("Where you have more than one account with this carrier."),
    )

    def __init__(self, data: Any = None, *, carrier: Carrier, name: str = "") -> None:
        self.carrier = carrier
        super().__init__(data, initial={"name": name})
        all_needed = offers.needs_credentials(carrier)
        for secret in carrier.auth.secrets:
            needed = secret.required or all_needed
            self.fields[f"secret_{secret.name}"] = SecretField(secret, is_needed=needed)
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


class MeaningForm(forms.Form):
    """What a code means, chosen from all there is, by status."""

    use_required_attribute = False
    means = forms.ChoiceField(
        label=gettext_lazy("It means"),
        error_messages={"required": gettext_lazy("Choose a meaning.")},
    )

    def __init__(self, data: Any = None, *, chosen: str = "") -> None:
        super().__init__(data, initial={"means": chosen})
        choose(self, "means", [("", _("Choose…")), *_meanings()])


def _meanings() -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (status_label(status), [(str(sub), status_label(sub)) for sub in subs])
        for status, subs in groupby(GIVABLE, key=lambda sub: sub.status)
    ]
