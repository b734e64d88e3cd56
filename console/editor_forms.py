"""The editor's forms beside its fields: where a test goes, what a design is called."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.registry import CHANNELS


class TestForm(forms.Form):
    __test__ = False  # not a test of ours
    use_required_attribute = False
    to = forms.CharField(label=gettext_lazy("Send it to"), max_length=254)

    def __init__(self, data: Any = None, *, channel: str, email: str) -> None:
        self.is_mail = CHANNELS[channel].address == "email"
        super().__init__(data, auto_id="test_%s", initial={"to": email if self.is_mail else ""})
        widget = forms.EmailInput() if self.is_mail else forms.TextInput(attrs={"inputmode": "tel"})
        self.fields["to"].widget = widget
        if not self.is_mail:
            self.fields["to"].help_text = _("With its country code, for example +34600000000.")

    def clean_to(self) -> str:
        said = str(self.cleaned_data["to"]).strip()
        return said if self.is_mail else "".join(said.split())
