"""The form of the shop's particulars."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from django import forms
from django.conf import settings
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from tenants.models import Shop
from tracking.services.values import countries, currencies
from tracking.when import locale_for

FIELDS = (
    "name", "country", "currency", "time_zone", "languages", "language", "contact_email", "contact_phone", "website",
    "help_url", "privacy_url", "keep_days", "review_invites", "publish_reviews",
)  # fmt: skip
Choices = tuple[tuple[str, str], ...]


@cache
def _named(language: str) -> tuple[Choices, Choices]:
    """Countries and currencies by their names in a language."""
    locale: Locale = locale_for(language, "")
    by_name = lambda choice: choice[1].casefold()  # noqa: E731
    places = sorted(((c, locale.territories.get(c, c)) for c in countries()), key=by_name)
    money = sorted(((c, f"{locale.currencies.get(c, c)} ({c})") for c in currencies()), key=by_name)
    return tuple(places), tuple(money)


@cache
def _zones() -> Choices:
    return tuple((zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if "/" in zone)


class SettingsForm(forms.Form):
    use_required_attribute = False
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    country = forms.ChoiceField(label=gettext_lazy("Country"))
    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"))
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages of your customers"),
        choices=settings.LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Main language"),
        choices=settings.LANGUAGES,
        help_text=gettext_lazy("For customers whose language is none of yours."),
    )
    contact_email = forms.EmailField(
        label=gettext_lazy("Contact e-mail"),
        required=False,
        max_length=254,
        help_text=gettext_lazy("Customers see it, and their answers to your messages go there."),
    )
    contact_phone = forms.CharField(label=gettext_lazy("Contact phone"), required=False, max_length=32)
    website = forms.URLField(
        label=gettext_lazy("Website"), required=False, max_length=200, assume_scheme="https"
    )
    help_url = forms.URLField(
        label=gettext_lazy("Help page"), required=False, max_length=200, assume_scheme="https"
    )
    privacy_url = forms.URLField(
        label=gettext_lazy("Privacy policy"), required=False, max_length=200, assume_scheme="https"
    )

    keep_days = forms.IntegerField(
        label=gettext_lazy("Days customers’ data are kept"),
        min_value=1,
        max_value=3650,
        help_text=gettext_lazy(
            "Counted from the end of each order. Then names, addresses, messages and photos are erased; issued invoices stay."
        ),
    )
    review_invites = forms.ChoiceField(
        label=gettext_lazy("Who is asked for stars"),
        choices=[
            ("all", gettext_lazy("Everybody whose order arrived")),
            ("smooth", gettext_lazy("Only where nothing was late, failed or disputed")),
            ("none", gettext_lazy("Nobody")),
        ],
    )
    publish_reviews = forms.BooleanField(
        label=gettext_lazy("Publish reviews without reading them"),
        required=False,
        help_text=gettext_lazy("Those with links, phones or repeated words still wait for you."),
    )

    def __init__(self, data: Any = None, *, shop: Shop) -> None:
        super().__init__(data, initial={name: getattr(shop, name) for name in FIELDS})
        places, money = _named(get_language() or "en")
        zones = _zones()
        if shop.time_zone not in dict(zones):
            zones = ((shop.time_zone, shop.time_zone), *zones)
        for name, choices in (("country", places), ("currency", money), ("time_zone", zones)):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("languages") and said.get("language") and said["language"] not in said["languages"]:
            self.add_error("language", _("Choose one of the languages of your customers."))
        return said
