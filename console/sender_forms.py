"""The forms of a shop's senders: its mail provider and From, its Twilio account and numbers, what an SMS costs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carriers.types import Secret
from notifications.models import ChannelAccount, MessageSetup
from notifications.phone_senders import NO_NAMES, is_name, is_sender
from notifications.providers import Provider
from notifications.sender_dns import FREE_MAIL, domain_of
from notifications.twilio import SECRETS

LABEL = re.compile(
    r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.IGNORECASE
)
PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
MOST_LINES = 60


def _secret_field(secret: Secret, *, is_sealed: bool) -> forms.CharField:
    widget: forms.Widget = (
        forms.PasswordInput(attrs={"autocomplete": "new-password"})
        if secret.hidden
        else forms.TextInput(attrs=PLAIN)
    )
    kept = _("Stored, and never shown again. Leave it empty to keep it.") if is_sealed else secret.help
    return forms.CharField(label=secret.label, required=False, max_length=2000, help_text=kept, widget=widget)


class MailForm(forms.Form):
    """`provider`: None is the installation's. `sealed`: the secrets it has, opened; they are never shown."""

    use_required_attribute = False
    name = forms.CharField(
        label=gettext_lazy("Name mails come from"), required=False, max_length=80,
        help_text=gettext_lazy("Left empty: your shop’s name."),
    )  # fmt: skip
    sender = forms.CharField(
        label=gettext_lazy("Address mails come from"), required=False, max_length=160,
        help_text=gettext_lazy("At a domain of your own, such as orders@your-shop.com."),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    selector = forms.CharField(
        label=gettext_lazy("DKIM selector"), required=False, max_length=120,
        help_text=gettext_lazy(
            "What stands before “._domainkey” in the record your provider shows. Only if the check does not find it."
        ),
        widget=forms.TextInput(attrs=PLAIN),
    )  # fmt: skip

    def __init__(
        self,
        data: Any = None,
        *,
        provider: Provider | None,
        account: ChannelAccount | None,
        sealed: Mapping[str, str],
    ) -> None:
        held = account.settings if account else {}
        self.provider = provider
        self.is_same = (held.get("provider") or "") == (provider.code if provider else "")
        self._sealed = sealed if self.is_same else {}
        initial = {
            "name": held.get("name", ""),
            "sender": account.sender if account else "",
            "selector": held.get("selector", ""),
        }
        super().__init__(data, initial=initial | (dict(held) if self.is_same else {}), auto_id="email_%s")
        if provider:
            for one in provider.settings:
                self.fields[one.name] = self._setting(one)
            for secret in provider.secrets:
                self.fields[secret.name] = _secret_field(secret, is_sealed=secret.name in self._sealed)
                self.fields[secret.name].is_needed = secret.required  # type: ignore[attr-defined]
            self.fields["sender"].is_needed = True  # type: ignore[attr-defined]
        own = [s.name for s in provider.settings] + [s.name for s in provider.secrets] if provider else []
        self.order_fields([*own, "sender", "name", "selector"])

    def _setting(self, one: Any) -> forms.Field:
        common = {"label": one.label, "required": one.required, "help_text": one.help, "initial": one.default}
        if one.choices:
            return forms.ChoiceField(choices=one.choices, **common)
        return forms.CharField(max_length=200, widget=forms.TextInput(attrs=PLAIN), **common)

    def clean_sender(self) -> str:
        sender = str(self.cleaned_data["sender"]).strip()
        if not sender:
            if self.provider:
                raise ValidationError(
                    _("A provider of your own sends from an address of your own: say which.")
                )
            return sender
        validate_email(sender)
        domain = domain_of(sender)
        if domain in FREE_MAIL:
            raise ValidationError(
                _(
                    "%(domain)s tells the world to refuse mails in its name that it has not sent itself: they would not "
                    "arrive. Use an address at a domain of your own."
                )
                % {"domain": domain}
            )
        if "." not in domain:
            raise ValidationError(_("This domain is not one of the internet."))
        return f"{sender.rpartition('@')[0]}@{domain}"

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        if any(sign in name for sign in '"<>\\@\r\n'):
            raise ValidationError(_("A name has no quotes, brackets or @."))
        return name

    def clean_selector(self) -> str:
        said = str(self.cleaned_data["selector"]).strip().removesuffix(".")
        said = said.partition("._domainkey")[0]
        if said and not LABEL.fullmatch(said):
            raise ValidationError(_("This is not the name of a record."))
        return said

    def clean_host(self) -> str:
        host = str(self.cleaned_data["host"]).strip().lower().removesuffix(".")
        near = settings.PUSH_TO_LOOPBACK and host in ("127.0.0.1", "localhost")
        if not near and (not LABEL.fullmatch(host) or "." not in host):
            raise ValidationError(_("Write the name of the server, such as smtp.your-shop.com."))
        return host

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        for secret in self.provider.secrets if self.provider else ():
            if secret.required and not said.get(secret.name, "").strip() and secret.name not in self._sealed:
                self.add_error(secret.name, _("It sends nothing without this."))
        return said

    def secrets(self) -> dict[str, str]:
        """What it has, with what was written now over it."""
        if not self.provider:
            return {}
        given = {s.name: str(self.cleaned_data.get(s.name, "")).strip() for s in self.provider.secrets}
        return {**self._sealed, **{name: value for name, value in given.items() if value}}

    def settings(self) -> dict[str, str]:
        names = [one.name for one in self.provider.settings] if self.provider else []
        kept = {name: str(self.cleaned_data.get(name, "")).strip() for name in (*names, "name", "selector")}
        return {"provider": self.provider.code if self.provider else "", **kept}


class PhoneForm(forms.Form):
    """Of SMS and WhatsApp: the shop's own Twilio account, and whom messages come from."""

    use_required_attribute = False
    sender = forms.CharField(
        label=gettext_lazy("Sent from"), required=False, max_length=40, widget=forms.TextInput(attrs=PLAIN)
    )
    senders = forms.CharField(
        label=gettext_lazy("From another sender, by country"), required=False, max_length=4000,
        help_text=gettext_lazy("One a line: the country’s two letters and the sender. FR +33600000000"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )  # fmt: skip
    enabled = forms.BooleanField(
        required=False, initial=True, label=gettext_lazy("Messages may go out by this channel")
    )

    def __init__(self, data: Any = None, *, channel: str, account: ChannelAccount | None) -> None:
        self.channel, self.is_sealed = channel, bool(account and account.sealed)
        held = (account.settings.get("senders") or {}) if account else {}
        initial = {
            "sender": account.sender if account else "", "enabled": account.enabled if account else True,
            "senders": "\n".join(f"{country} {one}" for country, one in sorted(held.items())),
        }  # fmt: skip
        super().__init__(data, initial=initial, auto_id=f"{channel}_%s")
        for secret in SECRETS:
            self.fields[secret.name] = _secret_field(secret, is_sealed=self.is_sealed)
        if channel == "sms":
            self.fields["sender"].help_text = _(
                "A number you have at Twilio, like +34600000000, a name of up to 11 letters and digits, or the SID of a "
                "messaging service. Nobody can answer a name: STOP does not reach you then."
            )
        else:
            self.fields["sender"].help_text = _(
                "The number registered for WhatsApp at Twilio, like +34600000000."
            )
        self.order_fields([*(s.name for s in SECRETS), "sender", "senders", "enabled"])

    def clean_sender(self) -> str:
        return self._sender(str(self.cleaned_data["sender"]).strip())

    def _sender(self, said: str) -> str:
        sender = said.replace(" ", "") if said.startswith("+") else said
        if sender and not is_sender(sender, channel=self.channel):
            raise ValidationError(_("Write the number with its country code, for example +34600000000."))
        return sender

    def clean_senders(self) -> dict[str, str]:
        kept: dict[str, str] = {}
        for line in str(self.cleaned_data["senders"]).splitlines()[:MOST_LINES]:
            country, _blank, said = line.strip().partition(" ")
            if not country:
                continue
            country = country.upper()
            if not re.fullmatch(r"[A-Z]{2}", country) or not said.strip():
                raise ValidationError(
                    _("“%(line)s” is not a country and a sender.") % {"line": line.strip()[:60]}
                )
            kept[country] = self._sender(said.strip())
            if is_name(kept[country]) and country in NO_NAMES:
                raise ValidationError(
                    _("Networks in %(country)s take no names for senders: give a number.")
                    % {"country": country}
                )
        return kept

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        given = {s.name: said.get(s.name, "").strip() for s in SECRETS}
        if any(given.values()) or not (self.is_sealed or settings.TWILIO_ACCOUNT_SID):
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
        given = {s.name: str(self.cleaned_data.get(s.name, "")).strip() for s in SECRETS}
        return given if any(given.values()) else None


class PriceForm(forms.Form):
    """What a text message costs the shop, so that it is known before it is sent."""

    use_required_attribute = False
    currency = forms.CharField(label=gettext_lazy("Currency"), min_length=3, max_length=3)
    prices = forms.CharField(
        label=gettext_lazy("Price of one, by country"), required=False, max_length=4000,
        help_text=gettext_lazy("One a line: the country’s two letters and the price, as in “ES 0.075”. * is everywhere else."),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, setup: MessageSetup) -> None:
        lines = [
            f"{country or '*'} {price}" for country, price in sorted(setup.sms_prices.items(), reverse=True)
        ]
        initial = {"currency": setup.sms_currency, "prices": "\n".join(lines)}
        super().__init__(data, initial=initial, auto_id="price_%s")

    def clean_currency(self) -> str:
        said = str(self.cleaned_data["currency"]).upper()
        if not re.fullmatch(r"[A-Z]{3}", said):
            raise ValidationError(_("Three letters, as in EUR."))
        return said

    def clean_prices(self) -> dict[str, str]:
        kept = {}
        for line in str(self.cleaned_data["prices"]).splitlines()[:MOST_LINES]:
            country, _blank, said = line.strip().partition(" ")
            if not country:
                continue
            try:
                price = Decimal(said.strip().replace(",", "."))
            except InvalidOperation:
                price = Decimal(-1)
            if not re.fullmatch(r"[A-Za-z]{2}|\*", country) or not price.is_finite() or not 0 <= price < 100:
                raise ValidationError(
                    _("“%(line)s” is not a country and a price.") % {"line": line.strip()[:60]}
                )
            kept["" if country == "*" else country.upper()] = f"{price:f}"
        return kept


class TestForm(forms.Form):
    use_required_attribute = False
    to = forms.CharField(max_length=160, widget=forms.TextInput(attrs={"spellcheck": "false"}))

    def __init__(self, data: Any = None, *, channel: str, to: str = "") -> None:
        super().__init__(data, initial={"to": to}, auto_id=f"test_{channel}_%s")
        self.fields["to"].label = _("Your e-mail address") if channel == "email" else _("Your mobile number")
        if channel != "email":
            self.fields["to"].help_text = _("With the country code, like +34600000000.")
