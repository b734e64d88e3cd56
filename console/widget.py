"""What a shop puts on its own site: which sites may show it, what to paste there, and how it will look."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from console.actor import actor_of
from tenants.access import MemberRequest, members
from tenants.framing import set_frames
from tenants.models import Brand, Role, Shop
from tracking.embedding import make_pass
from tracking.links import shop_url
from tracking.models import Order

SEEN_FOR = timedelta(minutes=10)


class SitesForm(forms.Form):
    use_required_attribute = False
    sites = forms.CharField(
        label=gettext_lazy("Sites that may show it"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(
            attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "none", "placeholder": "https://www.your-shop.com"}
        ),
        help_text=gettext_lazy("One a line, with https://. Browsers refuse it everywhere else."),
    )  # fmt: skip


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def widget(request: MemberRequest) -> HttpResponse:
    """POST names the sites."""
    shop = request.shop
    kept: list[str] = Brand.objects.for_shop(shop).values_list("frames", flat=True).get()
    if request.method != "POST":
        return _show(request, SitesForm(initial={"sites": "\n".join(kept)}), kept)
    form = SitesForm(request.POST)
    if form.is_valid():
        try:
            set_frames(shop=shop, said=form.cleaned_data["sites"].split(), by=actor_of(request))
        except ValidationError as error:
            form.add_error("sites", error)
        else:
            messages.success(request, _("Saved."))
            return redirect("console:widget", shop.slug)
    return _show(request, form, kept, status=422)


def _show(request: MemberRequest, form: SitesForm, sites: list[str], status: int = 200) -> HttpResponse:
    shop, address = request.shop, shop_url(request.shop)
    context = {
        "form": form,
        "sites": sites,
        "snippet": f'<script src="{address}/widget.js" async></script>',
        "frame_snippet": (
            f'<iframe src="{address}/widget" title="{_("Where is my order?")}" loading="lazy" '
            'style="width:100%;max-width:640px;height:330px;border:0"></iframe>'
        ),
        "account_snippet": f'<script src="{address}/widget.js" data-order="{_("the address")}" async></script>',
        "box_path": f"/s/{shop.slug}/widget",
        "status_path": _latest(shop),
    }
    return render(request, "console/widget.html", context, status=status)


def _latest(shop: Shop) -> str:
    """Where the newest order that has a parcel is shown, for a preview; empty where there is none."""
    orders = Order.objects.for_shop(shop).order_by("-placed_at", "-id")
    order = orders.filter(shipments__isnull=False).first() or orders.first()
    if order is None:
        return ""
    return f"/s/{shop.slug}/e/{make_pass(shop, order, until=timezone.now() + SEEN_FOR)}"
