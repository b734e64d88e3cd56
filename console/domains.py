"""A shop's own host names: adding one, what its DNS must say, whether it does, and giving it up."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from console import faults
from console.actor import actor_of
from console.clock import ago, clock_of
from tenants import hosting, resolving
from tenants.access import MemberRequest, members
from tenants.domains import Problem, is_address, proof_name
from tenants.hosting import UNPROVED_FOR, WARNS_AFTER
from tenants.models import Host, Role
from tracking.when import Clock

PROBLEMS: dict[Problem, str | Promise] = {
    Problem.NO_PROOF: gettext_lazy("The TXT record is not there yet. Changes to a DNS can take an hour to be seen everywhere."),
    Problem.OTHER_PROOF: gettext_lazy("There is a TXT record, but it says something else. Copy the value below exactly."),
    Problem.ELSEWHERE: gettext_lazy("The TXT record is right, but the name does not lead here yet."),
    Problem.UNANSWERED: gettext_lazy("No name server answered. We try again by ourselves."),
    Problem.TAKEN: gettext_lazy("This name cannot be used."),
}  # fmt: skip


class HostForm(forms.Form):
    use_required_attribute = False
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=300,
        help_text=gettext_lazy("One that nothing else uses, like tracking.your-shop.com."),
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off", "inputmode": "url"}
        ),
    )


@dataclass(frozen=True, slots=True)
class Record:
    """One line to add to the DNS."""

    kind: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Line:
    """One name. `problem`: what its last check found, in words; empty where all is well."""

    host: Host
    shown: str
    address: str
    records: tuple[Record, ...]
    problem: str | Promise
    warns: bool
    gave_up: bool  # it is looked at only when somebody asks
    checked: str
    added: str


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def domains(request: MemberRequest) -> HttpResponse:
    """POST adds a name."""
    if request.method != "POST":
        return _show(request, HostForm())
    form = HostForm(request.POST)
    if form.is_valid():
        try:
            host = hosting.add_host(shop=request.shop, said=form.cleaned_data["name"], by=actor_of(request))
        except ValidationError as error:
            form.add_error("name", error)
        else:
            messages.success(request, _("Added. Now set its two DNS records."))
            return redirect(f"{request.path}#host-{host.pk}")
    return _show(request, form, status=422)


def _show(request: MemberRequest, form: HostForm, status: int = 200) -> HttpResponse:
    shop, clock = request.shop, clock_of(request.shop)
    hosts = Host.objects.filter(shop=shop).order_by("-primary", "added_at")
    context = {
        "form": form,
        "lines": [_line(host, clock) for host in hosts],
        "site_address": f"{settings.SITE_URL}/s/{shop.slug}/",
    }
    return render(request, "console/domains.html", context, status=status)


def _line(host: Host, clock: Clock) -> Line:
    proved = host.verified_at is not None
    scheme, _sep, rest = settings.SITE_URL.partition("://")
    port = rest.rpartition(":")[2] if ":" in rest else ""
    return Line(
        host=host,
        shown=_in_its_script(host.host),
        address=f"{scheme}://{host.host}{f':{port}' if port else ''}/",
        records=_records(host),
        problem=PROBLEMS.get(Problem(host.problem), "") if host.problem else "",
        warns=proved and host.failures >= WARNS_AFTER,
        gave_up=not proved and clock.now - host.added_at > UNPROVED_FOR,
        checked=ago(clock, host.checked_at),
        added=ago(clock, host.added_at),
    )


def _in_its_script(host: str) -> str:
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


def _records(host: Host) -> tuple[Record, ...]:
    """None for names that were set up by whoever runs the installation: they have no key."""
    if not host.proof_key:
        return ()
    target: str = settings.DOMAINS_TARGET
    kind = ("AAAA" if ":" in target else "A") if is_address(target) else "CNAME"
    return Record("TXT", proof_name(host.host), host.proof_key), Record(kind, host.host, target)


def _find(request: MemberRequest, pk: int) -> Host:
    found = Host.objects.filter(shop=request.shop, pk=pk).first()
    if found is None:
        raise Http404
    return found


@members(Role.ADMIN, bound=False)
@never_cache
@require_POST
def check(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask the DNS once. It may take some seconds, in which no transaction is open."""
    host = _find(request, pk)
    if host.proof_key:
        found = resolving.check(host.host, host.proof_key)
        settled = hosting.settle(host_id=host.pk, found=found, now=timezone.now())
        if settled and not settled.problem:
            messages.success(request, _("Proved: %(name)s shows your pages.") % {"name": host.host})
        elif settled:
            messages.warning(request, str(PROBLEMS[Problem(settled.problem)]))
    return redirect("console:domains", request.shop.slug)


@members(Role.ADMIN)
@never_cache
@require_POST
def primary(request: MemberRequest, pk: int) -> HttpResponse:
    try:
        hosting.set_primary(shop=request.shop, host=_find(request, pk), by=actor_of(request))
    except ValidationError as error:
        messages.error(request, faults.sentence(error))
    else:
        messages.success(request, _("Messages carry this name from now on."))
    return redirect("console:domains", request.shop.slug)


@members(Role.ADMIN)
@never_cache
@require_POST
def remove(request: MemberRequest, pk: int) -> HttpResponse:
    host = Host.objects.filter(shop=request.shop, pk=pk).first()
    if host is None:
        raise Http404
    hosting.remove_host(shop=request.shop, host=host, by=actor_of(request))
    messages.success(request, _("Removed: %(name)s shows nothing any more.") % {"name": host.host})
    return redirect("console:domains", request.shop.slug)
