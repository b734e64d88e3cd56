"""Form fields as the console shows them."""

from __future__ import annotations

from typing import Any, cast

from django import forms


def choose(form: forms.Form, name: str, choices: Any) -> None:
    """Give the field its choices, where they depend on the shop."""
    cast(forms.ChoiceField, form.fields[name]).choices = choices


def moment_input() -> forms.DateTimeInput:
    """A date and an hour, as the browser's own picker gives them."""
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
