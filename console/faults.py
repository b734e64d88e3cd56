"""Puts what a service refused beside the fields it is about."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from tracking.services.incoming import Refused


def put(form: forms.Form, error: ValidationError | Refused) -> None:
    """What is about no field of the form is said above it."""
    if isinstance(error, Refused):
        said = error.fields
    else:
        said = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, sentences in said.items():
        form.add_error(name if name in form.fields else None, list(sentences))


def sentence(error: ValidationError | Refused) -> str:
    """All of it in one line, where there is no form to put it beside."""
    if isinstance(error, Refused):
        return " ".join(said for sentences in error.fields.values() for said in sentences)
    return " ".join(error.messages)
