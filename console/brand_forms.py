"""The form of the shop's look."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console import brand_blocks
from tenants.models import COLOUR, FONTS, Brand
from tenants.services import LOGO_BYTES, Logo, plain_links, read_logo
from tenants.tiles import LONGEST_CREDIT, LONGEST_URL, plain_tiles

LINKS = 6  # as many as plain_links takes
FONT_NAMES = {
    "system": gettext_lazy("The device’s own"),
    "humanist": gettext_lazy("Soft and open"),
    "geometric": gettext_lazy("Round and even"),
    "rounded": gettext_lazy("With rounded ends"),
    "classic": gettext_lazy("Classic, with serifs"),
    "slab": gettext_lazy("Sturdy, with serifs"),
    "typewriter": gettext_lazy("Typewriter"),
}
PLAIN = (
    "products_title",
    "review_url",
    "colour",
    "background",
    "font",
    "radius",
    "banner_title",
    "banner_text",
    "banner_code",
    "banner_url",
    "tile_url",
    "tile_credit",
)


class ColourField(forms.RegexField):
    """`#1f5f4a`; also taken without the sign, and in capitals."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"class": "colour-text", "spellcheck": "false", "autocomplete": "off"})
        said = {"invalid": gettext_lazy("Write a colour as # and six digits, like #1f5f4a.")}
        super().__init__(COLOUR, max_length=7, widget=widget, error_messages=said, **kwargs)

    def to_python(self, value: Any) -> Any:
        said = str(value or "").strip().lower()
        return f"#{said}" if re.fullmatch(r"[0-9a-f]{6}", said) else said


class BrandForm(forms.Form):
    use_required_attribute = False
    logo_file = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy("PNG, JPEG, WebP or GIF of at most 2 MB. It is shown up to 40 px high."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )
    remove_logo = forms.BooleanField(label=gettext_lazy("Take the logo away"), required=False)
    colour = ColourField(label=gettext_lazy("Your colour"))
    background = ColourField(label=gettext_lazy("Background"))
    font = forms.ChoiceField(label=gettext_lazy("Font"), choices=[(f, FONT_NAMES[f]) for f in FONTS])
    radius = forms.IntegerField(
        label=gettext_lazy("Rounded corners"),
        min_value=0,
        max_value=32,
        widget=forms.NumberInput(attrs={"type": "range", "min": 0, "max": 32, "step": 2}),
    )
    banner_title = forms.CharField(label=gettext_lazy("Title"), max_length=80, required=False)
    banner_text = forms.CharField(
        label=gettext_lazy("Text"), max_length=240, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    banner_code = forms.CharField(label=gettext_lazy("Code of a coupon"), max_length=24, required=False)
    banner_url = forms.URLField(
        label=gettext_lazy("Leads to"), max_length=200, required=False, assume_scheme="https"
    )
    banner_label = forms.CharField(label=gettext_lazy("Words of the link"), max_length=40, required=False)

    products_title = forms.CharField(label=gettext_lazy("Above the products"), max_length=80, required=False)
    review_url = forms.URLField(
        label=gettext_lazy("Where satisfied customers may review you"),
        max_length=200,
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy(
            "Offered to those who give four or five stars. The others are led to you first."
        ),
    )

    tile_url = forms.CharField(
        label=gettext_lazy("Address of the map’s pictures"),
        max_length=LONGEST_URL,
        required=False,
        help_text=gettext_lazy("As its provider gives it, with {z}, {x} and {y} in it. Empty: the map we draw."),
        widget=forms.TextInput(
            attrs={"placeholder": "https://tiles.example.com/{z}/{x}/{y}.png", "inputmode": "url",
                   "spellcheck": "false", "autocomplete": "off"}
        ),
    )  # fmt: skip
    tile_credit = forms.CharField(
        label=gettext_lazy("Whom the map is by"),
        max_length=LONGEST_CREDIT,
        required=False,
        help_text=gettext_lazy(
            "It stands on the map. Your provider says how, like “© OpenStreetMap contributors”."
        ),
    )

    def __init__(self, data: Any = None, files: Any = None, *, brand: Brand) -> None:
        self.brand = brand
        self.logo: Logo | None = None
        initial: dict[str, Any] = {name: getattr(brand, name) for name in (*PLAIN, "banner_label")}
        for kind in ("links", "social"):
            for n, link in enumerate(getattr(brand, kind)[:LINKS]):
                initial |= {f"{kind}_{n}_label": link.get("label"), f"{kind}_{n}_url": link.get("url")}
        super().__init__(data, files, initial=initial)
        for kind in ("links", "social"):
            for n in range(LINKS):
                number = {"n": n + 1}
                self.fields[f"{kind}_{n}_label"] = forms.CharField(
                    label=_("Name of link %(n)d") % number, max_length=40, required=False
                )
                self.fields[f"{kind}_{n}_url"] = forms.CharField(
                    label=_("Address of link %(n)d") % number,
                    max_length=300,
                    required=False,
                    widget=forms.TextInput(attrs={"placeholder": "https://", "inputmode": "url"}),
                )

        brand_blocks.add_fields(self, brand)

    def clean_logo_file(self) -> Any:
        upload = self.cleaned_data["logo_file"]
        if upload:
            if upload.size > LOGO_BYTES:
                raise ValidationError(_("The logo is larger than 2 MB: save it smaller and try again."))
            self.logo = read_logo(upload.read())
        return upload

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        for kind in ("links", "social"):
            for n in range(LINKS):
                label, url = f"{kind}_{n}_label", f"{kind}_{n}_url"
                try:
                    plain_links([{"label": said.get(label, ""), "url": said.get(url, "")}])
                except ValidationError as error:
                    self.add_error(url, error)
        brand_blocks.check(self, said)
        if "tile_url" in said and "tile_credit" in said:
            self._check_tiles(said)
        if said.get("banner_label") and not said.get("banner_url") and "banner_url" not in self.errors:
            self.add_error("banner_url", _("Say where the link leads to."))
        return said

    def _check_tiles(self, said: dict[str, Any]) -> None:
        """Both are taken or neither is."""
        both = (said.pop("tile_url"), said.pop("tile_credit"))
        try:
            said["tile_url"], said["tile_credit"] = plain_tiles(*both)
        except ValidationError as error:
            for name, sentences in error.message_dict.items():
                self.add_error(name, sentences)

    def brand_fields(self) -> dict[str, Any]:
        """What of the form can be taken, by field of the brand."""
        said = self.cleaned_data
        fields = {name: said[name] for name in (*PLAIN, "banner_label") if name in said}
        if suggested := re.fullmatch(COLOUR, self.data.get("suggested", "")):
            fields["colour"] = suggested.group()
        for kind in ("links", "social"):
            fields[kind] = [
                {"label": said[f"{kind}_{n}_label"], "url": said[f"{kind}_{n}_url"]}
                for n in range(LINKS)
                if said.get(f"{kind}_{n}_label") and said.get(f"{kind}_{n}_url")
            ]
        return fields | brand_blocks.taken(said)

    def colours(self) -> tuple[str, str]:
        """Colour and background as they stand in the form, else as they are kept."""
        chosen: list[str] = []
        for name in ("colour", "background"):
            said = str(self.fields[name].to_python(self[name].value()))
            chosen.append(said if re.fullmatch(COLOUR, said) else getattr(self.brand, name))
        return chosen[0], chosen[1]
