"""One code of a carrier's: giving it a meaning, seeing before what would change, taking it back."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from carriers import meanings
from carriers.models import CodeMeaning, UnknownCode
from carriers.registry import CARRIERS
from carriers.types import SubStatus
from console import faults, tones
from console.actor import actor_of
from console.carrier_codes import Line, given_of, line_of, meaning_label
from console.carrier_forms import MeaningForm
from console.clock import clock_of
from console.people import people
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop
from tracking.labels import status_label
from tracking.services import rereading


@dataclass(frozen=True, slots=True)
class Changed:
    """A parcel the meaning would move."""

    order_id: int
    order_number: str
    number: str
    before: str
    before_tone: str
    was_unread: bool  # its latest scan moved nothing
    after: str
    after_tone: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What a meaning would change. `means` is empty where it is taken back."""

    means: str
    label: str
    parcels: int
    looked_at: int
    changed: int
    rows: list[Changed]

    @property
    def is_part(self) -> bool:
        return self.looked_at < self.parcels


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: MemberRequest, carrier: str) -> HttpResponse:
    """One code: `?code=`. With `&means=` (or `&back=1`) what would change; POST gives that meaning.

    To htmx: how far the reading anew is.
    """
    asked = request.POST if request.method == "POST" else request.GET
    line = _found(request.shop, carrier, asked.get("code", ""))
    if request.headers.get("HX-Request"):
        return render(request, "console/_carrier_code_given.html", {"line": line})
    refused = ""
    if request.method == "POST":
        try:
            _give(request, line)
        except ValidationError as error:
            refused = faults.sentence(error)
        else:
            return redirect(line.url)
    can_be_given = carrier in CARRIERS and not line.read.is_known
    asks = can_be_given and request.method != "POST" and "means" in request.GET
    held = CodeMeaning.objects.for_shop(request.shop).filter(carrier=carrier, code=line.code).first()
    chosen = (held.sub_status if held else "") or line.read.sub_status
    form = MeaningForm(request.GET if asks else None, chosen=chosen)
    wanted = form.cleaned_data["means"] if asks and form.is_valid() else ""
    back = (
        can_be_given and line.given is not None and bool(line.given.label) and request.GET.get("back") == "1"
    )
    context = {
        "line": line,
        "form": form if can_be_given else None,
        "difference": _difference(request.shop, line, wanted) if wanted or back else None,
        "back_url": f"{line.url}&back=1",
        "is_carrier_known": carrier in CARRIERS,
        "refused": refused,
    }
    return render(request, "console/carrier_code.html", context, status=422 if refused else 200)


def _found(shop: Shop, carrier: str, code: str) -> Line:
    """Raises Http404 for a code that was never met here."""
    if "\x00" in carrier + code or not code:
        raise Http404
    met = UnknownCode.objects.for_shop(shop).filter(carrier=carrier, code=code).first()
    said = CodeMeaning.objects.for_shop(shop).filter(carrier=carrier, code=code).first()
    if met is None and said is None:
        raise Http404
    clock = clock_of(shop)
    given = given_of(said, people([said.given_by]), clock) if said else None
    return line_of(shop, carrier, code, met, clock, given)


def _difference(shop: Shop, line: Line, means: str) -> Difference:
    told = rereading.preview(
        shop=shop, carrier=line.carrier, code=line.code, sub_status=means, now=timezone.now()
    )
    rows = [
        Changed(
            change.order_id, change.order_number, change.number,
            status_label(change.before), tones.of_sub_status(change.before), SubStatus(change.before).is_unmapped,
            status_label(change.after), tones.of_sub_status(change.after),
        )
        for change in told.changes
    ]  # fmt: skip
    return Difference(
        means, status_label(means) if means else "", told.parcels, told.looked_at, told.changed, rows
    )


def _give(request: MemberRequest, line: Line) -> None:
    """Raises ValidationError. An empty meaning takes it back, where the form says so."""
    means = request.POST.get("means", "")
    if not means and request.POST.get("back") != "1":
        raise ValidationError(_("Choose a meaning."))
    meanings.give_meaning(
        shop=request.shop, carrier=line.carrier, code=line.code, sub_status=means, by=actor_of(request),
        now=timezone.now(),
    )  # fmt: skip
    if means:
        messages.success(
            request,
            _("From now on %(code)s means “%(meaning)s”.")
            % {"code": line.code, "meaning": meaning_label(means)},
        )
    else:
        messages.success(request, _("Taken back: %(code)s is read as before.") % {"code": line.code})
