"""Addresses a shop does not write to: why, since when, and taking one off the list."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from console import faults, keyset
from console.actor import actor_of
from console.clock import ago, clock_of
from console.sender_words import WHY_SUPPRESSED, why_suppressed
from notifications.models import Suppression
from notifications.phone_senders import NUMBER
from notifications.registry import CHANNELS
from notifications.services import suppressing
from notifications.services.knowing import address_hash
from tenants.access import MemberRequest, members
from tenants.models import Role

SIZE = 50
LATEST = keyset.Sort("at", descending=True)
WRITTEN = ("email", "sms", "whatsapp")


@dataclass(frozen=True, slots=True)
class Row:
    pk: int
    masked: str
    channel: str
    why: str
    detail: str
    when: str
    can_lift: bool


class AddForm(forms.Form):
    use_required_attribute = False
    channel = forms.ChoiceField(label=gettext_lazy("Channel"))
    address = forms.CharField(label=gettext_lazy("E-mail or number"), max_length=254)
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=200, required=False)

    def __init__(self, data: object = None) -> None:
        super().__init__(data, auto_id="add_%s")  # type: ignore[arg-type]
        self.fields["channel"].choices = [(c, CHANNELS[c].name) for c in WRITTEN]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, object]:
        said = super().clean() or self.cleaned_data
        address = str(said.get("address", "")).strip()
        try:
            if said.get("channel") == "email":
                validate_email(address)
            elif not NUMBER.fullmatch(address.replace(" ", "")):
                raise ValidationError(_("Write the number with its country code, for example +34600000000."))
        except ValidationError as error:
            self.add_error("address", error)
        said["address"] = address if said.get("channel") == "email" else address.replace(" ", "")
        return said


@members(Role.AGENT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def suppressions(request: MemberRequest) -> HttpResponse:
    """POST adds one by hand."""
    form = AddForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        suppressing.suppress_by_hand(
            shop=request.shop, channel=said["channel"], address=said["address"], reason=said["reason"],
            by=actor_of(request), now=timezone.now(),
        )  # fmt: skip
        messages.success(request, _("Nothing goes there any more."))
        return redirect("console:suppressions", request.shop.slug)
    asked, clock = request.GET, clock_of(request.shop)
    why, q = asked.get("why", ""), asked.get("q", "").strip()[:254]
    found = Suppression.objects.for_shop(request.shop).filter(lifted_at=None)
    if why in WHY_SUPPRESSED:
        found = found.filter(why=why)
    if q:
        found = found.filter(address_hash__in=[address_hash(q), address_hash(q.replace(" ", ""))])
    page = keyset.page(found, LATEST, size=SIZE, after=asked.get("after", ""), before=asked.get("before", ""))
    kept = {name: said for name, said in (("why", why), ("q", q)) if said}
    context = {
        "rows": [
            Row(s.pk, s.masked, CHANNELS[s.channel].name, why_suppressed(s.why), s.detail, ago(clock, s.at), s.why != "stopped")
            for s in page.rows
        ],
        "form": form,
        "whys": WHY_SUPPRESSED.items(),
        "why": why,
        "q": q,
        "newer": urlencode({**kept, "before": page.newer}) if page.newer else "",
        "older": urlencode({**kept, "after": page.older}) if page.older else "",
    }  # fmt: skip
    return render(request, "console/sender_suppressions.html", context, status=422 if form.is_bound else 200)


@members(Role.AGENT)
@never_cache
@require_POST
def lift(request: MemberRequest, pk: int) -> HttpResponse:
    try:
        held = suppressing.lift(
            shop=request.shop, suppression_id=pk, by=actor_of(request), reason=request.POST.get("reason", ""),
            now=timezone.now(),
        )  # fmt: skip
    except Suppression.DoesNotExist:
        raise Http404 from None
    except ValidationError as error:
        messages.warning(request, faults.sentence(error))
    else:
        messages.success(request, _("%(address)s gets messages again.") % {"address": held.masked})
    return redirect("console:suppressions", request.shop.slug)
