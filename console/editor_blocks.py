"""A design's blocks as the editor lists them, and the form of one block's fields."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from notifications.contents import KINDS, MOST_LINE, MOST_TEXT, Content, Field, Kind, said_in
from notifications.models import Coupon, Picture
from tenants.models import Shop

LINKS, VARIABLES = 4, 6  # rows of a form at least
MOST_PICTURES = 24  # to choose among


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list of blocks. `missing`: texts that other languages have."""

    id: str
    kind: Kind
    hint: str
    chosen: bool
    missing: bool


def rows_of(
    content: Content, language: str, chosen: str, languages: Sequence[str], names: Mapping[str, str]
) -> list[Row]:
    return [
        Row(
            block["id"],
            KINDS[block["kind"]],
            hint_of(block, language, languages, names),
            block["id"] == chosen,
            any(
                field.said and block.get(field.name) and not block[field.name].get(language)
                for field in KINDS[block["kind"]].fields
            ),
        )
        for block in content.get("blocks", ())
    ]


def hint_of(
    block: Mapping[str, Any], language: str, languages: Sequence[str], names: Mapping[str, str]
) -> str:
    """A word or two that tell it from others of its kind. `names`: of coupons, by their number."""
    if block["kind"] == "coupon":
        return names.get(str(block.get("coupon", "")), "")
    for name in ("title", "text", "label"):
        if said := said_in(block.get(name), language, *languages):
            return " ".join(re.sub(r"\{%.*?%\}", " ", said).replace("{{", "").replace("}}", "").split())[:60]
    if block["kind"] == "headline":
        return _("Where it is and when it comes")
    field = next((f for f in KINDS[block["kind"]].fields if f.sort == "choice" and f.name != "align"), None)
    if field and block.get(field.name):
        return str(dict(field.choices).get(block[field.name], ""))
    return ""


def coupon_names(shop: Shop) -> dict[str, str]:
    return {
        str(pk): name
        for pk, name in Coupon.objects.for_shop(shop).order_by("name").values_list("pk", "name")[:200]
    }


def pictures_of(shop: Shop) -> list[Picture]:
    return list(Picture.objects.for_shop(shop).defer("content").order_by("-created_at")[:MOST_PICTURES])


class FieldsForm(forms.Form):
    """The fields of one block, or of the head, in one language."""

    use_required_attribute = False

    def __init__(
        self,
        data: Any = None,
        *,
        shop: Shop,
        fields: Sequence[Field],
        holder: Mapping[str, Any],
        language: str,
    ) -> None:
        self.said, self.language, self.shop = fields, language, shop
        super().__init__(data, auto_id="f_%s", initial=self._initial(holder))
        for field in fields:
            if field.name == "variables":
                for n in range(1, max(VARIABLES, len(holder.get("variables") or {}) + 1) + 1):
                    label = _("Variable %(number)s") % {"number": n}
                    self.fields[f"variables-{n}"] = _line(label, MOST_LINE, liquid=True)
            elif field.sort == "links":
                self._add_links(field, holder)
            else:
                self.fields[field.name] = self._field(field, holder)

    def _initial(self, holder: Mapping[str, Any]) -> dict[str, Any]:
        initial: dict[str, Any] = {}
        for field in self.said:
            value = holder.get(field.name)
            if field.said:
                initial[field.name] = (value or {}).get(self.language, "")
            elif field.name == "variables":
                initial |= {f"variables-{n}": said for n, said in (value or {}).items()}
            elif field.sort == "links":
                for n, link in enumerate(value or []):
                    initial |= {
                        f"{field.name}_{n}_label": link["label"],
                        f"{field.name}_{n}_url": link["url"],
                    }
            elif field.sort == "skus":
                initial[field.name] = "\n".join(value or [])
            else:
                initial[field.name] = field.default if value is None else value
        return initial

    def _field(self, field: Field, holder: Mapping[str, Any]) -> forms.Field:
        label, help = str(field.label), str(field.help)
        if field.sort == "choice":
            return forms.ChoiceField(label=label, choices=field.choices, required=False, help_text=help)
        if field.sort == "toggle":
            return forms.BooleanField(label=label, required=False, help_text=help)
        if field.sort == "number":
            return forms.IntegerField(label=label, required=False, min_value=0, max_value=200, help_text=help)
        if field.sort == "coupon":
            choices = [("", _("None")), *coupon_names(self.shop).items()]
            return forms.ChoiceField(label=label, choices=choices, required=False)
        if field.sort == "picture":
            return forms.ChoiceField(
                label=label, required=False, choices=self._pictures(holder.get(field.name))
            )
        if field.sort in ("text", "skus"):
            rows = 5 if field.sort == "text" else 4
            area = forms.Textarea(attrs={"rows": rows, **_asks(field, holder, self.language)})
            return forms.CharField(
                label=label, required=False, max_length=MOST_TEXT, widget=area, help_text=help
            )
        return _line(
            label, 500 if field.sort == "url" else MOST_LINE, liquid=field.sort == "url", help=help,
            attrs=_asks(field, holder, self.language) if field.said else {"inputmode": "url"},
        )  # fmt: skip

    def _pictures(self, now: str | None) -> list[tuple[str, str]]:
        found = [(p.digest, p.name or p.digest[:8]) for p in pictures_of(self.shop)]
        if now and now not in [digest for digest, _name in found]:
            found.insert(0, (now, now[:8]))
        return [("", _("None")), *found]

    def _add_links(self, field: Field, holder: Mapping[str, Any]) -> None:
        for n in range(max(LINKS, len(holder.get(field.name) or []) + 1)):
            self.fields[f"{field.name}_{n}_label"] = _line(_("Name of link %(n)s") % {"n": n + 1}, 40)
            self.fields[f"{field.name}_{n}_url"] = _line(_("Address of link %(n)s") % {"n": n + 1}, 500)

    def values(self) -> dict[str, Any]:
        """What was said, as a design holds it. After `is_valid`."""
        said = self.cleaned_data
        values: dict[str, Any] = {}
        for field in self.said:
            if field.name == "variables":
                numbered = {
                    n.removeprefix("variables-"): v for n, v in said.items() if n.startswith("variables-")
                }
                values[field.name] = {n: v for n, v in numbered.items() if v}
            elif field.sort == "links":
                rows = [n for n in said if n.startswith(f"{field.name}_") and n.endswith("_url")]
                values[field.name] = [
                    {"label": said[n.removesuffix("url") + "label"], "url": said[n]} for n in rows if said[n]
                ]
            elif field.name in said:
                values[field.name] = "" if said[field.name] is None else said[field.name]
        return values

    def put(self, name: str, said: str) -> None:
        """What was refused, beside its field."""
        own = [field for field in self.fields if field == name or field.startswith(f"{name}_")]
        self.add_error(own[0] if own else None, said)


def _line(
    label: str,
    most: int,
    *,
    liquid: bool = False,
    help: str = "",
    attrs: Mapping[str, str] | None = None,
) -> forms.CharField:
    more = {**(attrs or {}), **({"data-liquid": "1"} if liquid else {})}
    return forms.CharField(
        label=label, required=False, max_length=most, help_text=help, widget=forms.TextInput(attrs=more)
    )


def _asks(field: Field, holder: Mapping[str, Any], language: str) -> dict[str, str]:
    """Where this language has no text: what another says."""
    if not field.said:
        return {}
    texts = holder.get(field.name) or {}
    other = next((text for code, text in texts.items() if code != language and text), "")
    shown = {"placeholder": other[:200]} if other and not texts.get(language) else {}
    if field.name == "template":
        return shown
    return {"data-liquid": "1", "lang": language, "spellcheck": "true", **shown}
