"""What an agent can say of an order: the forms on its page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carriers.directory import everyone
from carriers.types import SubStatus
from console.fields import choose, day_input, moment_input
from console.rows import StateNames
from tracking.actions import carrier_name
from tracking.labels import CANCEL_REASONS, status_label
from tracking.models import Order, Shipment
from tracking.services.incoming import Refused
from tracking.states import ASSERTABLE, STATES, StateKind

_S = SubStatus

# What somebody of the shop may know before, or better than, the carrier.
OWN_EVENTS = {
    gettext_lazy("On its way"): (_S.PICKED_UP, _S.IN_TRANSIT, _S.ON_VEHICLE, _S.PICKUP_STORE, _S.PICKUP_POINT),
    gettext_lazy("Arrived"): (_S.DELIVERED, _S.DELIVERED_COLLECTED, _S.DELIVERED_NEIGHBOUR),
    gettext_lazy("News, wherever it is"): (_S.DELAYED_OPERATIONS, _S.ADDRESS_CORRECTED, _S.DELIVERY_RESCHEDULED),
    gettext_lazy("Trouble"): (
        _S.EXCEPTION_HELD, _S.EXCEPTION_DAMAGED, _S.EXCEPTION_INVESTIGATION, _S.EXCEPTION_LOST, _S.EXCEPTION_DISPUTED,
        _S.PROBLEM_RESOLVED,
    ),
    gettext_lazy("Back"): (_S.RETURNING, _S.RETURNED, _S.RETURN_CANCELLED),
}  # fmt: skip


class OrderForm(forms.Form):
    """A form of the order's page. `code` names it in the page and its address."""

    code = ""
    lead: Any = ""  # said above the fields
    use_required_attribute = False

    def __init__(
        self, data: Any = None, *, order: Order, names: StateNames, address: str, **kwargs: Any
    ) -> None:
        super().__init__(data, auto_id=f"{self.code}_%s", **kwargs)
        self.order, self.names, self.address = order, names, address
        self.prepare()

    def prepare(self) -> None:
        """Fill in what depends on the order."""

    def refuse(self, refused: Refused) -> None:
        """Put a service's complaints beside the fields they are about."""
        for name, sentences in refused.fields.items():
            self.add_error(name if name in self.fields else None, sentences)


class StateForm(OrderForm):
    code = "state"
    lead = gettext_lazy(
        "What the shop knows before the carrier does. Once a parcel moves, its scans count for more."
    )
    state = forms.ChoiceField(label=gettext_lazy("State"))

    def prepare(self) -> None:
        choose(self, "state", [(s.value, self.names(s)) for s in STATES if s in ASSERTABLE])
        self.initial["state"] = self.order.asserted


class OverrideForm(OrderForm):
    code = "override"
    lead = gettext_lazy(
        "In place of what the parcels’ scans say. The customer sees it so, and the page says that it was set by hand."
    )
    state = forms.ChoiceField(label=gettext_lazy("State"))
    until = forms.ChoiceField(
        label=gettext_lazy("How long it holds"),
        widget=forms.RadioSelect,
        initial="next_event",
        choices=[
            ("next_event", gettext_lazy("Until the carrier says something new")),
            ("date", gettext_lazy("Until a day")),
            ("forever", gettext_lazy("Until somebody takes it back")),
        ],
    )
    date = forms.DateField(label=gettext_lazy("Last day"), required=False, widget=day_input())
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=200, help_text=gettext_lazy("For your colleagues.")
    )

    def prepare(self) -> None:
        states = [s for s, facts in STATES.items() if facts.kind is not StateKind.MILESTONE]
        choose(self, "state", [(s.value, self.names(s)) for s in states])
        self.initial["state"] = self.order.state

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("until") == "date" and not said.get("date") and "date" not in self.errors:
            self.add_error("date", _("Say until which day it holds."))
        return said


class CancelForm(OrderForm):
    code = "cancel"
    lead = gettext_lazy(
        "The customer is told, if your rules say so. Parcels under way go on: a carrier is not stopped by this."
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Why"), widget=forms.RadioSelect, choices=list(CANCEL_REASONS.items())
    )


class ParcelForm(OrderForm):
    code = "parcel"
    carrier = forms.CharField(
        label=gettext_lazy("Carrier"),
        max_length=80,
        required=False,
        help_text=gettext_lazy(
            "Leave it empty, and the number tells; or the carriers it may be of are asked."
        ),
        widget=forms.TextInput(attrs={"list": "carriers", "autocomplete": "off"}),
    )
    number = forms.CharField(
        label=gettext_lazy("Tracking number"),
        max_length=64,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("Where it goes"),
        initial="outbound",
        choices=[("outbound", gettext_lazy("To the customer")), ("return", gettext_lazy("Back to the shop"))],
    )

    def clean_carrier(self) -> str:
        return carrier_code_of(self.cleaned_data["carrier"])


def carrier_code_of(said: str) -> str:
    """The code of a carrier chosen by its name; anything else as it was written."""
    wanted = said.strip().casefold()
    return next((listed.code for listed in everyone() if listed.name.casefold() == wanted), said)


class EventForm(OrderForm):
    code = "event"
    lead = gettext_lazy(
        "The customer sees it among the carrier’s scans, and it counts for more than they do."
    )
    shipment = forms.ChoiceField(label=gettext_lazy("Parcel"))
    sub_status = forms.ChoiceField(label=gettext_lazy("What happened"))
    occurred_at = forms.DateTimeField(label=gettext_lazy("When"), widget=moment_input())
    place = forms.CharField(label=gettext_lazy("Where"), required=False, max_length=160)
    text = forms.CharField(
        label=gettext_lazy("In your words"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, shipments: list[Shipment], **kwargs: Any) -> None:
        self.shipments = shipments
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        choose(
            self, "shipment", [(str(s.pk), f"{carrier_name(s.carrier)} {s.number}") for s in self.shipments]
        )
        choose(
            self,
            "sub_status",
            [
                (str(group), [(sub.value, status_label(sub)) for sub in subs])
                for group, subs in OWN_EVENTS.items()
            ],
        )
        self.initial["occurred_at"] = timezone.localtime().replace(second=0, microsecond=0)
        if len(self.shipments) == 1:
            self.fields["shipment"].widget = forms.HiddenInput()
            self.initial["shipment"] = str(self.shipments[0].pk)

    def clean_occurred_at(self) -> Any:
        at = self.cleaned_data["occurred_at"]
        if at > timezone.now() + timedelta(minutes=5):
            raise forms.ValidationError(_("This is in the future: only what has happened can be recorded."))
        return at


class InvoiceForm(OrderForm):
    code = "invoice"
    lead = gettext_lazy("The customer finds it on the page.")
    reference = forms.CharField(label=gettext_lazy("Invoice number"), max_length=80)
    at = forms.DateTimeField(label=gettext_lazy("Issued"), widget=moment_input())
    url = forms.URLField(
        label=gettext_lazy("Address of the document"),
        required=False,
        max_length=500,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"placeholder": "https://", "inputmode": "url"}),
    )

    def prepare(self) -> None:
        self.initial["at"] = timezone.localtime().replace(second=0, microsecond=0)


class CustomerForm(OrderForm):
    code = "customer"
    lead = gettext_lazy("Corrects it here and on the customer’s page. The carrier is not told by this.")
    customer_name = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=160)
    customer_email = forms.CharField(
        label=gettext_lazy("E-mail"), required=False, max_length=254, widget=forms.EmailInput()
    )
    customer_phone = forms.CharField(
        label=gettext_lazy("Phone"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    address_line = forms.CharField(label=gettext_lazy("Street and number"), required=False, max_length=200)
    address_extra = forms.CharField(
        label=gettext_lazy("Floor, door, how to get in"), required=False, max_length=200
    )
    postal_code = forms.CharField(label=gettext_lazy("Postal code"), required=False, max_length=16)
    city = forms.CharField(label=gettext_lazy("Town"), required=False, max_length=120)
    region = forms.CharField(label=gettext_lazy("Region"), required=False, max_length=80)
    country = forms.CharField(
        label=gettext_lazy("Country"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Two letters: ES, FR, BR…"),
    )

    def prepare(self) -> None:
        for name in self.fields:
            self.initial[name] = getattr(self.order, name)
            self.fields[name].widget.attrs["autocomplete"] = "off"


FORMS: tuple[type[OrderForm], ...] = (
    StateForm, ParcelForm, EventForm, CustomerForm, InvoiceForm, OverrideForm, CancelForm,
)  # fmt: skip
