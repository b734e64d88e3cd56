"""The shop's team: members and their roles, and who has been invited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console import faults
from console.actor import actor_of
from console.clock import clock_of, moment_in_full
from console.invitation_mail import invitation_url, send_invitation
from tenants.access import MemberRequest, members
from tenants.isolation import shop_context
from tenants.models import Invitation, Membership, Role
from tenants.services import cancel_invitation, change_role, remove_member
from tenants.services import invite as invite_by

ROLE_WORDS = {
    Role.VIEWER: gettext_lazy("Sees orders and messages, and of customers’ data only a part."),
    Role.AGENT: gettext_lazy("Also changes orders and sends messages again."),
    Role.ADMIN: gettext_lazy("Also changes settings, carriers, keys and the team."),
    Role.OWNER: gettext_lazy("Also makes other owners."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A member as this member sees them. `roles`: those this member may give; empty: not to be changed."""

    member: Membership
    roles: list[tuple[str, str]]
    is_self: bool


def _givable(request: MemberRequest) -> list[Role]:
    """Nobody gives more than they have."""
    mine = Role(request.member.role)
    return [role for role in reversed(Role) if mine.includes(role)]


class InviteForm(forms.Form):
    use_required_attribute = False
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Role"), initial=Role.AGENT, widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, roles: list[Role]) -> None:
        super().__init__(data, auto_id="invite_%s")
        self.fields["role"].choices = [(r.value, f"{r.label}: {ROLE_WORDS[r]}") for r in roles]  # type: ignore[attr-defined]


@members(Role.ADMIN)
@never_cache
@require_safe
def team(request: MemberRequest) -> HttpResponse:
    return _show(request)


def _show(request: MemberRequest, form: InviteForm | None = None, status: int = 200) -> HttpResponse:
    givable, mine = _givable(request), Role(request.member.role)
    team = Membership.objects.filter(shop=request.shop).select_related("user").order_by("joined_at", "pk")
    waiting = Invitation.objects.filter(shop=request.shop, accepted_at=None).order_by("-created_at")
    now, clock = timezone.now(), clock_of(request.shop)
    context = {
        "lines": [
            Line(
                member,
                [(r.value, str(r.label)) for r in givable] if mine.includes(Role(member.role)) else [],
                member.user_id == request.user.pk,
            )
            for member in team
        ],
        "invitations": [(i, i.expires_at <= now, moment_in_full(clock, i.expires_at)) for i in waiting],
        "form": form or InviteForm(roles=givable),
    }
    return render(request, "console/team.html", context, status=status)


@members(Role.ADMIN, bound=False)
@never_cache
@require_POST
def invite(request: MemberRequest) -> HttpResponse:
    """The mail leaves after the invitation is kept, and outside any transaction."""
    form = InviteForm(request.POST, roles=_givable(request))
    key = ""
    if form.is_valid():
        try:
            with shop_context(request.shop.pk):
                key = invite_by(
                    shop=request.shop, email=form.cleaned_data["email"], role=Role(form.cleaned_data["role"]),
                    by=actor_of(request), inviter=request.user, now=timezone.now(),
                )  # fmt: skip
        except ValidationError as error:
            form.add_error("email", error.messages)
    if not key:
        with shop_context(request.shop.pk):
            return _show(request, form, status=422)
    email = form.cleaned_data["email"]
    if send_invitation(shop=request.shop, email=email, key=key, inviter=request.user):
        messages.success(request, _("Invited. %(email)s has seven days to accept.") % {"email": email})
    else:
        said = {"email": email, "url": invitation_url(key)}
        messages.warning(
            request, _("The mail did not go out. Send %(email)s this link yourself: %(url)s") % said
        )
    return redirect("console:team", request.shop.slug)


def _changeable(request: MemberRequest, pk: int) -> Membership:
    """A member of this shop, no higher than who asks."""
    member = Membership.objects.filter(shop=request.shop, pk=pk).select_related("user").first()
    if member is None or not Role(request.member.role).includes(Role(member.role)):
        raise Http404
    return member


@members(Role.ADMIN)
@never_cache
@require_POST
def role(request: MemberRequest, pk: int) -> HttpResponse:
    member, wanted = _changeable(request, pk), request.POST.get("role", "")
    if wanted not in _givable(request):
        messages.error(request, _("You cannot give that role."))
        return redirect("console:team", request.shop.slug)
    try:
        change_role(shop=request.shop, member=member, role=Role(wanted), by=actor_of(request))
    except ValidationError as error:
        messages.error(request, faults.sentence(error))
    else:
        messages.success(request, _("Role changed."))
    if member.user_id == request.user.pk and not Role(wanted).includes(Role.ADMIN):
        return redirect("console:orders", request.shop.slug)
    return redirect("console:team", request.shop.slug)


@members(Role.ADMIN)
@never_cache
@require_POST
def remove(request: MemberRequest, pk: int) -> HttpResponse:
    member = _changeable(request, pk)
    try:
        remove_member(shop=request.shop, member=member, by=actor_of(request))
    except ValidationError as error:
        messages.error(request, faults.sentence(error))
        return redirect("console:team", request.shop.slug)
    messages.success(request, _("%(name)s is no longer of the team.") % {"name": member.user.get_full_name()})
    if member.user_id == request.user.pk:
        return redirect("console:shops")
    return redirect("console:team", request.shop.slug)


@members(Role.ADMIN)
@never_cache
@require_POST
def cancel(request: MemberRequest, pk: int) -> HttpResponse:
    """Take an invitation back. One this member could not have given does not exist to them."""
    invitation = Invitation.objects.filter(shop=request.shop, pk=pk, accepted_at=None).first()
    if invitation is None or Role(invitation.role) not in _givable(request):
        raise Http404
    cancel_invitation(shop=request.shop, invitation=invitation, by=actor_of(request))
    messages.success(request, _("Invitation taken back: its link opens nothing any more."))
    return redirect("console:team", request.shop.slug)
