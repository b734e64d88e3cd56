"""The shop's own states as a form: one part for each, and one more for a new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.brand_forms import ColourField
from tenants.models import Shop
from tracking.labels import state_label
from tracking.models import ShopState
from tracking.presets import PRESETS
from tracking.services.incoming import Refused
from tracking.services.shops import LABEL, MOST_STATES, StateIn
from tracking.states import STATES

ICONS = sorted({state.icon for preset in PRESETS.values() for state in preset.states})


class StatePart(forms.Form):
    """One state. Without a code it is a new one, and empty it is none."""

    use_required_attribute = False
    code = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)
    place = forms.IntegerField(widget=forms.HiddenInput(attrs={"data-place": ""}), required=False)
    step = forms.BooleanField(label=gettext_lazy("A step of the progress bar"), required=False)
    visible = forms.BooleanField(label=gettext_lazy("Customers see it"), required=False, initial=True)
    icon = forms.ChoiceField(label=gettext_lazy("Icon"), required=False)
    colour = ColourField(label=gettext_lazy("Colour"), required=False)
    canonicals = forms.MultipleChoiceField(
        label=gettext_lazy("Stands for"), required=False, widget=forms.CheckboxSelectMultiple
    )
    remove = forms.BooleanField(label=gettext_lazy("Remove this state"), required=False)

    def __init__(self, data: Any, *, shop: Shop, n: int, state: ShopState | None = None) -> None:
        self.shop, self.state = shop, state
        names = dict(settings.LANGUAGES)
        self.languages = list(dict.fromkeys([shop.language, *shop.languages]))
        initial: dict[str, Any] = {"place": n}
        if state:
            initial |= {
                f: getattr(state, f) for f in ("code", "step", "visible", "icon", "colour", "canonicals")
            }
            initial |= {f"label_{code}": state.labels.get(code, "") for code in self.languages}
        super().__init__(data, prefix=f"s{n}", initial=initial)
        for code in self.languages:
            self.fields[f"label_{code}"] = forms.CharField(
                label=_("Name in %(language)s") % {"language": names.get(code, code)},
                max_length=LABEL,
                required=False,
                widget=forms.TextInput(attrs={"lang": code}),
            )
        self.fields["icon"].choices = [("", _("None")), *((icon, icon.replace("-", " ")) for icon in ICONS)]  # type: ignore[attr-defined]
        self.fields["canonicals"].choices = [(s.value, state_label(s)) for s in STATES]  # type: ignore[attr-defined]

    @property
    def title(self) -> str:
        return str(self[f"label_{self.shop.language}"].value() or "")

    @property
    def labels(self) -> list[forms.BoundField]:
        return [self[f"label_{code}"] for code in self.languages]

    def is_left_out(self) -> bool:
        said = self.cleaned_data
        is_empty = not said.get("code") and not any(said.get(f"label_{code}") for code in self.languages)
        return bool(said.get("remove")) or is_empty

    def state_in(self) -> StateIn:
        """Labels in languages the shop does not offer just now are kept."""
        said = self.cleaned_data
        kept = dict(self.state.labels) if self.state else {}
        return StateIn(
            labels={**kept, **{code: said[f"label_{code}"] for code in self.languages}},
            canonicals=said["canonicals"],
            code=said["code"],
            step=said["step"],
            visible=said["visible"],
            icon=said["icon"],
            colour=said["colour"] or "",
        )


class StatesForm:
    """All parts together, in the order asked for. `faults`: what is wrong with them as a whole."""

    def __init__(self, shop: Shop, states: Sequence[ShopState], data: Any = None) -> None:
        self.faults: list[str] = []
        held = {state.code: state for state in states}
        if data is None:
            self.parts = [StatePart(None, shop=shop, n=n, state=s) for n, s in enumerate(states)]
            self.parts.append(StatePart(None, shop=shop, n=len(states)))
            return
        posted = [n for n in range(MOST_STATES + 1) if f"s{n}-place" in data]
        self.parts = [
            StatePart(data, shop=shop, n=n, state=held.get(data.get(f"s{n}-code", ""))) for n in posted
        ]
        checked = [part.is_valid() for part in self.parts]  # each, so that each says what is wrong with it
        self.is_right = all(checked)
        self.parts.sort(key=lambda part: part.cleaned_data.get("place") or 0)
        self._move(data.get("move", ""))

    def _move(self, said: str) -> None:
        """`s2:up`: without JavaScript the buttons send the form."""
        prefix, _colon, way = said.partition(":")
        at = next((n for n, part in enumerate(self.parts) if part.prefix == prefix), None)
        to = None if at is None else at + (-1 if way == "up" else 1)
        if at is not None and to is not None and 0 <= to < len(self.parts):
            self.parts.insert(to, self.parts.pop(at))

    @property
    def has_faults(self) -> bool:
        return bool(self.faults) or any(part.is_bound and part.errors for part in self.parts)

    def wanted(self) -> list[tuple[StatePart, StateIn]]:
        return [(part, part.state_in()) for part in self.parts if not part.is_left_out()]

    def refuse(self, refused: Refused, parts: Sequence[StatePart]) -> None:
        """Put each complaint beside its field: `states.2.labels.es`, `states.0.canonicals`, `states`."""
        for name, sentences in refused.fields.items():
            _states, _dot, rest = name.partition(".")
            number, _dot, field = rest.partition(".")
            if number.isdigit() and int(number) < len(parts):
                part, field = parts[int(number)], field.replace("labels.", "label_")
                part.add_error(field if field in part.fields else None, sentences)
            else:
                self.faults += sentences
