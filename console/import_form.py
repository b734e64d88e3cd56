"""The form that says which column of a file is what, and how its cells are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.fields import choose
from tracking.imports.columns import FIELDS, GROUPS, NEEDED, plain
from tracking.imports.files import DELIMITERS, ENCODINGS, Layout
from tracking.imports.meanings import Meaning, guessed_meanings
from tracking.imports.plan import MOST_WORDS
from tracking.labels import CANCEL_REASONS, MILESTONES, state_label
from tracking.models import ImportJob
from tracking.services.imports import Sight
from tracking.services.values import countries, currencies

EXAMPLE = 32  # characters of a cell shown beside its column
MARKS: dict[str, str | Promise] = {
    ",": gettext_lazy("comma ,"),
    ";": gettext_lazy("semicolon ;"),
    "\t": gettext_lazy("tab"),
    "|": gettext_lazy("bar |"),
}
LETTERS: dict[str, str] = {
    "utf-8": "UTF-8",
    "cp1252": "Windows (1252)",
    "latin-1": "Latin-1 (ISO 8859-1)",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16 (big endian)",
}


def meaning_label(meaning: Meaning) -> str | Promise:
    match meaning:
        case Meaning.INVOICED:
            return MILESTONES["invoice_issued"]
        case Meaning.UNPAID:
            return CANCEL_REASONS["payment"]
        case Meaning.NOTHING:
            return gettext_lazy("Says nothing of where the order is")
    return state_label(meaning.value)


class PlanForm(forms.Form):
    """`words`: the different words of the column of states, each to be given a meaning."""

    use_required_attribute = False
    encoding = forms.ChoiceField(label=gettext_lazy("Letters"), choices=[(e, LETTERS[e]) for e in ENCODINGS])
    delimiter = forms.ChoiceField(
        label=gettext_lazy("Between two cells"), choices=[(d, MARKS[d]) for d in DELIMITERS]
    )
    time_zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=64,
        help_text=gettext_lazy("Of times that do not say theirs."),
        widget=forms.TextInput(attrs={"list": "zones", "spellcheck": "false", "autocomplete": "off"}),
    )
    day_first = forms.ChoiceField(
        label=gettext_lazy("04/09/2026 is"),
        choices=[("1", gettext_lazy("4 September")), ("0", gettext_lazy("9 April"))],
    )
    decimal_comma = forms.ChoiceField(
        label=gettext_lazy("Amounts are written"),
        choices=[("1", "1.234,56"), ("0", "1,234.56")],
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency"),
        required=False,
        max_length=3,
        help_text=gettext_lazy("Where a row names none; else the shop’s."),
    )
    country = forms.CharField(
        label=gettext_lazy("Country"),
        required=False,
        max_length=2,
        help_text=gettext_lazy("Where a row names none: two letters."),
    )
    channel = forms.CharField(
        label=gettext_lazy("Channel"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Where a row names none: web, a marketplace…"),
    )
    carrier = forms.CharField(
        label=gettext_lazy("Carrier"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Of tracking numbers without one."),
        widget=forms.TextInput(attrs={"list": "carriers", "autocomplete": "off"}),
    )
    tell = forms.BooleanField(
        label=gettext_lazy("Tell shoppers of what is new in this file"),
        required=False,
        help_text=gettext_lazy(
            "By your rules, for orders already here that have moved on since. Leave it out for past orders: then "
            "nobody is told of anything in the file. What happens later is told in any case."
        ),
    )

    def __init__(
        self, job: ImportJob, sight: Sight, words: Sequence[str], data: Any = None, *, guessed: bool = False
    ) -> None:
        """`guessed`: the words are of another column than the person has seen."""
        super().__init__(data)
        self.job, self.sight, self.words = job, sight, list(words)
        options = job.options
        chosen = options.get("statuses", {})
        self.initial = {
            "encoding": job.encoding,
            "delimiter": job.delimiter,
            "day_first": "1" if options.get("day_first", True) else "0",
            "decimal_comma": "1" if options.get("decimal_comma") else "0",
            "tell": not options.get("history", True),
            **{
                name: options.get(name, "")
                for name in ("time_zone", "currency", "country", "channel", "carrier")
            },
        }
        columns = [("", "—"), *((name, self._shown(n, name)) for n, name in enumerate(sight.columns))]
        for field in FIELDS:
            name = f"column_{field.name}"
            self.fields[name] = forms.ChoiceField(label=str(field.label), required=field.name in NEEDED)
            self.fields[name].error_messages["required"] = _(
                "Choose the column: without it nothing can be taken."
            )
            choose(self, name, columns)
            self.initial[name] = job.mapping.get(field.name, "")
        meanings = [("", gettext_lazy("choose…")), *((m.value, meaning_label(m)) for m in Meaning)]
        guesses = guessed_meanings(self.words)
        for n, word in enumerate(self.words[:MOST_WORDS]):
            name = f"meaning_{n}"
            self.fields[name] = forms.ChoiceField(label=word, required=not guessed)
            self.fields[name].error_messages["required"] = _("Say what this word means.")
            choose(self, name, meanings)
            self.initial[name] = chosen.get(plain(word)) or guesses.get(plain(word), "")

    def _shown(self, place: int, name: str) -> str:
        """A column's name, with a cell of it."""
        cells = (record.cells[place].strip() for record in self.sight.sample if place < len(record.cells))
        example = next(filter(None, cells), "")
        if len(example) > EXAMPLE:
            example = example[: EXAMPLE - 1] + "…"
        return f"{name} · {example}" if example else name

    # --- Parts, as the page shows them ---

    def groups(self) -> Iterator[tuple[str | Promise, list[Any], bool]]:
        """Heading, fields, and whether any of them has a column."""
        for code, heading in GROUPS.items():
            names = [f"column_{field.name}" for field in FIELDS if field.group == code]
            fields = [self[name] for name in names]
            yield heading, fields, any(field.value() or field.errors for field in fields)

    def meanings(self) -> list[Any]:
        return [self[f"meaning_{n}"] for n in range(len(self.words[:MOST_WORDS]))]

    # --- What was said ---

    def clean_time_zone(self) -> str:
        zone = str(self.cleaned_data["time_zone"]).strip()
        if zone not in available_timezones():
            raise forms.ValidationError(_("Write the time zone as its region and city, like Europe/Madrid."))
        return zone

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"]).strip().upper()
        if code and code not in currencies():
            raise forms.ValidationError(_("Write the currency as its three letters, like EUR or BRL."))
        return code

    def clean_country(self) -> str:
        code = str(self.cleaned_data["country"]).strip().upper()
        if code and code not in countries():
            raise forms.ValidationError(_("Write the country as its two letters, like ES, FR or BR."))
        return code

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if len(self.words) > MOST_WORDS:
            self.add_error(
                "column_status",
                _("This column has more than %(most)d different words: it does not hold states.")
                % {"most": MOST_WORDS},
            )
        return said

    @property
    def layout(self) -> Layout:
        return Layout(self.cleaned_data["encoding"], self.cleaned_data["delimiter"])

    @property
    def columns(self) -> dict[str, str]:
        named = {field.name: self.cleaned_data.get(f"column_{field.name}", "") for field in FIELDS}
        return {name: column for name, column in named.items() if column}

    @property
    def options(self) -> dict[str, Any]:
        said = self.cleaned_data
        names = ("time_zone", "currency", "country", "carrier")
        words = {plain(word): said.get(f"meaning_{n}", "") for n, word in enumerate(self.words[:MOST_WORDS])}
        return {
            **{name: said[name] for name in names},
            "day_first": said["day_first"] == "1",
            "decimal_comma": said["decimal_comma"] == "1",
            "channel": said["channel"].strip() or "web",
            "statuses": {word: meaning for word, meaning in words.items() if meaning},
            "history": not said["tell"],
            "language": self.job.options.get("language", ""),
            "header": self.sight.columns,
        }
