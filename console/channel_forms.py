"""The form of a channel's sender: drawn from the credentials the channel names."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.models import ChannelAccount
from notifications.types import Channel

# A number, or a name of up to eleven letters and digits, as phone networks take it.
NUMBER = re.compile(r"\+[1-9]\d{6,14}")
SENDER_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")


class ChannelForm(forms.Form):
    """`account`: what the shop has now; its credentials are never shown again."""

    use_required_attribute = False
    sender = forms.CharField(required=False, max_length=160, strip=True)
    enabled = forms.BooleanField(
        required=False, initial=True, label=gettext_lazy("Messages may go out by this channel")
    )

    def __init__(self, data: Any = None, *, channel: Channel, account: ChannelAccount | None = None) -> None:
        self.channel, self.account = channel, account
        initial = {"sender": account.sender, "enabled": account.enabled} if account else {}
        super().__init__(data, initial=initial, auto_id=f"{channel.code}_%s")
        self.fields["sender"].label = _("Sent from")
        self.fields["sender"].help_text = self._sender_help()
        sealed = bool(account and account.sealed)
        for secret in channel.secrets:
            self.fields[secret.name] = forms.CharField(
                label=secret.label,
                required=False,
                max_length=400,
                help_text=_("Stored, and never shown again. Leave it empty to keep it.")
                if sealed
                else secret.help,
                widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
                if secret.hidden
                else forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            )
        if not channel.worded:
            del self.fields["sender"]  # a browser is told by this installation itself
        self.order_fields([*(s.name for s in channel.secrets), "sender", "enabled"])

    def _sender_help(self) -> str:
        if self.channel.code == "email":
            return _(
                "An address of your own domain. Left empty, mails come from the installation’s address in your shop’s "
                "name. Your domain must allow this server to send for it (SPF and DKIM), or mails end up as spam."
            )
        if self.channel.code == "sms":
            return _(
                "A number you have at Twilio, like +34600000000, or a name of up to 11 letters and digits."
            )
        return _("The number registered for WhatsApp at Twilio, like +34600000000.")

    def clean_sender(self) -> str:
        sender = str(self.cleaned_data["sender"])
        if not sender:
            return sender
        if self.channel.code == "email":
            validate_email(sender)
        elif not NUMBER.fullmatch(sender.replace(" ", "")) and not (
            self.channel.code == "sms" and SENDER_NAME.fullmatch(sender)
        ):
            raise ValidationError(_("Write the number with its country code, for example +34600000000."))
        return sender.replace(" ", "") if sender.startswith("+") else sender

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not self.channel.secrets:
            return said
        given = {s.name: said.get(s.name, "").strip() for s in self.channel.secrets}
        sealed = bool(self.account and self.account.sealed)
        house = bool(settings.TWILIO_ACCOUNT_SID)
        if any(given.values()) or not (sealed or house):
            for name, value in given.items():
                if not value:
                    self.add_error(
                        name, _("Twilio needs this. You find it on the first page of its console.")
                    )
        if not said.get("sender") and "sender" not in self.errors and not settings.TWILIO_SENDER:
            self.add_error("sender", _("Say which number it comes from."))
        return said

    def secrets(self) -> dict[str, str] | None:
        """None: those it has stay."""
        given = {s.name: self.cleaned_data.get(s.name, "").strip() for s in self.channel.secrets}
        return given if any(given.values()) else None
