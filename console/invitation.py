"""Joining a shop's team by the link of an invitation."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from tenants.isolation import shop_context
from tenants.models import Invitation, User
from tenants.services import accept_invitation
from tenants.vault import digest

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class JoinForm(forms.Form):
    """Who one is, for somebody new."""

    use_required_attribute = False
    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=128,
        help_text=gettext_lazy(
            "At least 10 characters. A few words in a row are easy to remember and hard to guess."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: Any = None, *, email: str) -> None:
        super().__init__(data)
        self.email = email

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("password"):
            try:
                validate_password(said["password"], User(email=self.email, name=said.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return said


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, key: str) -> HttpResponse:
    """Whoever has the link has the mailbox it was sent to; more is not asked of somebody new."""
    invitation = (
        Invitation.objects.filter(key_hash=digest(key), shop__suspended_at=None)
        .select_related("shop")
        .first()
    )
    if invitation is None:
        raise Http404
    if invitation.accepted_at or invitation.expires_at <= timezone.now():
        return _show(request, invitation, "over", status=410)
    if request.user.is_authenticated:
        if request.user.email != invitation.email:
            return _show(request, invitation, "other", status=403 if request.method == "POST" else 200)
        if request.method == "POST":
            return _enter(invitation, request.user)
        return _show(request, invitation, "accept")
    if User.objects.filter(email=invitation.email).exists():
        return _show(request, invitation, "sign_in")
    form = JoinForm(request.POST if request.method == "POST" else None, email=invitation.email)
    if form.is_valid():
        user = _new_user(invitation, form.cleaned_data)
        if user is None:  # made meanwhile, by the same form sent twice
            return redirect(request.get_full_path())
        login(request, user, backend=BACKEND)
        return redirect("console:orders", invitation.shop.slug)
    return _show(request, invitation, "new", form, status=422 if form.errors else 200)


def _enter(invitation: Invitation, user: User) -> HttpResponse:
    with shop_context(invitation.shop_id):
        accept_invitation(invitation=invitation, user=user, now=timezone.now())
    return redirect("console:orders", invitation.shop.slug)


def _new_user(invitation: Invitation, said: dict[str, str]) -> User | None:
    """Made together with the membership, or not at all."""
    try:
        with transaction.atomic(), shop_context(invitation.shop_id):
            user = User.objects.create_user(invitation.email, said["password"], name=said["name"])
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
            accept_invitation(invitation=invitation, user=user, now=timezone.now())
    except IntegrityError:
        return None
    return user


def _show(
    request: HttpRequest, invitation: Invitation, step: str, form: JoinForm | None = None, status: int = 200
) -> HttpResponse:
    titles = {
        "over": _("This invitation no longer works"),
        "other": _("This invitation is for somebody else"),
    }
    joining = _("Join %(shop)s") % {"shop": invitation.shop.name}
    context = {
        "invitation": invitation,
        "step": step,
        "form": form,
        "title": titles.get(step, joining),
        "here": request.get_full_path(),
    }
    return render(request, "console/invitation.html", context, status=status)
