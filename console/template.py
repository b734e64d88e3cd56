"""One message: what it says, how it looks, a test of it."""

from __future__ import annotations

from typing import Any, TypedDict

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from console import faults
from console.actor import actor_of
from console.previews import framed
from console.rows import StateNames
from console.segments import length_of
from console.variables import variables
from notifications.contents import Content, ContentError, said_in
from notifications.models import ChannelAccount, Template
from notifications.occasions import TELLABLE
from notifications.registry import CHANNELS
from notifications.services.channels import usable_channels
from notifications.services.rules import set_channel_account
from notifications.services.templates import design_of, preview, publish, send_test, unpublish, with_words
from tenants.access import MemberRequest, members
from tenants.models import Role

METHODS = ["GET", "HEAD", "POST"]


class Which(TypedDict):
    """What names a message."""

    state: str
    channel: str
    language: str


class WordsForm(forms.Form):
    use_required_attribute = False
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=160, required=False)
    body = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "true"}),
    )
    approved = forms.CharField(
        label=gettext_lazy("Approved template"),
        max_length=64,
        required=False,
        help_text=gettext_lazy(
            "The Content SID of the template WhatsApp approved, like HX0123…. Without one, WhatsApp only lets you answer "
            "within 24 hours of the customer’s last message."
        ),
    )

    def __init__(self, data: Any = None, *, channel: str, initial: dict[str, str] | None = None) -> None:
        super().__init__(data, initial=initial)
        if channel != "email":
            del self.fields["subject"]
        if channel != "whatsapp":
            del self.fields["approved"]


WORDED = {code: channel for code, channel in CHANNELS.items() if channel.worded}


class TryForm(forms.Form):
    use_required_attribute = False
    to = forms.CharField(label=gettext_lazy("Send it to"), max_length=254)

    def __init__(self, data: Any = None, *, channel: str, email: str) -> None:
        is_mail = CHANNELS[channel].address == "email"
        super().__init__(data, auto_id="test_%s", initial={"to": email if is_mail else ""})
        self.fields["to"].widget = (
            forms.EmailInput() if is_mail else forms.TextInput(attrs={"inputmode": "tel"})
        )
        if not is_mail:
            self.fields["to"].help_text = _("With its country code, for example +34600000000.")


def _known(request: MemberRequest, state: str, channel: str, language: str) -> Which:
    """404 for one that does not exist."""
    if state not in TELLABLE or channel not in WORDED or language not in request.shop.languages:
        raise Http404
    return {"state": state, "channel": channel, "language": language}


@members(Role.ADMIN)
@never_cache
@require_http_methods(METHODS)
def template(request: MemberRequest, state: str, channel: str, language: str) -> HttpResponse:
    which = _known(request, state, channel, language)
    if request.method != "POST":
        return _show(request, which)
    form = WordsForm(request.POST, channel=channel)
    if form.is_valid():
        said = form.cleaned_data
        body = said["body"].replace("\r\n", "\n")
        try:
            content = _worded(request, which, said.get("subject", ""), body)
            publish(shop=request.shop, key=state, channel=channel, content=content, by=actor_of(request))
        except ContentError as error:
            form.add_error("subject" if error.where[1] == "subject" else "body", error.said)
        else:
            if channel == "whatsapp":
                _keep_approved(request, state, said["approved"].strip())
            messages.success(request, _("Saved. From now on this message says this."))
            return redirect("console:template", request.shop.slug, state, channel, language)
    return _show(request, which, form, status=422)


def _why(error: ValidationError | ContentError) -> str:
    return error.said if isinstance(error, ContentError) else faults.sentence(error)


def _worded(request: MemberRequest, which: Which, subject: str, body: str) -> Content:
    if not body.strip():
        raise ContentError(_("The message says nothing: write a text, or go back to the default words."))
    content = design_of(request.shop, which["state"], which["channel"]).content
    return with_words(content, language=which["language"], text=body, subject=subject)


def _keep_approved(request: MemberRequest, state: str, approved: str) -> None:
    account = ChannelAccount.objects.for_shop(request.shop).filter(channel="whatsapp").first()
    held = dict((account.settings.get("templates") or {}) if account else {})
    if held.get(state, "") == approved:
        return
    set_channel_account(
        shop=request.shop,
        channel="whatsapp",
        sender=account.sender if account else "",
        enabled=account.enabled if account else False,
        settings={**(account.settings if account else {}), "templates": {**held, state: approved}},
        by=actor_of(request),
    )


@members(Role.ADMIN)
@never_cache
@require_POST
def default(request: MemberRequest, state: str, channel: str, language: str) -> HttpResponse:
    """Back to the default words."""
    _known(request, state, channel, language)
    unpublish(shop=request.shop, key=state, channel=channel, by=actor_of(request))
    messages.success(request, _("The default words are back."))
    return redirect("console:template", request.shop.slug, state, channel, language)


@members(Role.ADMIN)
@never_cache
@require_POST
def test(request: MemberRequest, state: str, channel: str, language: str) -> HttpResponse:
    which = _known(request, state, channel, language)
    form = TryForm(request.POST, channel=channel, email=request.user.email)
    if form.is_valid():
        to = form.cleaned_data["to"].strip()
        if CHANNELS[channel].address != "email":
            to = "".join(to.split())
        if channel not in usable_channels(request.shop.pk):
            form.add_error(None, _("Nothing goes out by %(channel)s yet: set it up under Notifications.") % {
                "channel": CHANNELS[channel].name
            })  # fmt: skip
        else:
            try:
                send_test(
                    shop=request.shop,
                    key=state,
                    channel=channel,
                    language=language,
                    to=to,
                    by=actor_of(request),
                    now=timezone.now(),
                )
            except ValidationError as error:
                form.add_error("to", error.messages)
            else:
                messages.success(
                    request, _("On its way to %(to)s. See under Messages what becomes of it.") % {"to": to}
                )
                return redirect("console:template", request.shop.slug, state, channel, language)
    return _show(request, which, test_form=form, status=422)


@members(Role.ADMIN)
@never_cache
@require_http_methods(METHODS)
def shown(request: MemberRequest, state: str, channel: str, language: str) -> HttpResponse:
    """The message as it would arrive, in the words posted, else in those kept: a mail, or a bubble."""
    which = _known(request, state, channel, language)
    subject = body = None
    if request.method == "POST":
        subject, body = request.POST.get("subject", "")[:160], request.POST.get("body", "")[:20_000]
    try:
        content = _worded(request, which, subject or "", body) if body is not None else None
        made = preview(
            shop=request.shop,
            key=state,
            channel=channel,
            language=language,
            content=content,
            now=timezone.now(),
        )
    except (ValidationError, ContentError) as error:
        if channel == "email":
            said = escape(_why(error))
            return framed(
                f"<!doctype html><title>–</title><p style='font:16px sans-serif'>{said}",
                styles=["'unsafe-inline'"],
            )
        return render(request, "console/_bubble.html", {"fault": _why(error)})
    if channel != "email":
        return render(request, "console/_bubble.html", {"text": made.text, "length": length_of(made.text)})
    return framed(made.html, styles=["'unsafe-inline'"])  # mails carry their styles in themselves


def _show(
    request: MemberRequest,
    which: Which,
    form: WordsForm | None = None,
    test_form: TryForm | None = None,
    status: int = 200,
) -> HttpResponse:
    state, channel = which["state"], which["channel"]
    own = (
        Template.objects.for_shop(request.shop)
        .filter(key=state, channel=channel)
        .exclude(published=None)
        .first()
    )
    held = design_of(request.shop, state, channel).content
    texts = next((b for b in held.get("blocks", ()) if b["kind"] == "text"), held).get("text")
    subject, body = said_in(held.get("subject"), which["language"]), said_in(texts, which["language"])
    account = ChannelAccount.objects.for_shop(request.shop).filter(channel=channel).first()
    approved = ((account.settings.get("templates") or {}) if account else {}).get(state, "")
    form = form or WordsForm(
        channel=channel, initial={"subject": subject, "body": body, "approved": approved}
    )
    context: dict[str, Any] = {
        "state": state,
        "channel": channel,
        "written_in": which["language"],  # the frame has its own `language`
        "form": form,
        "test_form": test_form or TryForm(channel=channel, email=request.user.email),
        "own": own,
        "label": StateNames(request.shop)(state),
        "channels": WORDED.values(),
        "chosen": CHANNELS[channel],
        "languages": request.shop.languages,
        "usable": channel in usable_channels(request.shop.pk),
        "variables": variables(request.shop, state),
    }
    context |= _seen(request, which, form, is_mail=channel == "email")
    return render(request, "console/template.html", context, status=status)


def _seen(request: MemberRequest, which: Which, form: WordsForm, *, is_mail: bool) -> dict[str, Any]:
    """What the page itself shows of the message: subject of a mail, or the whole of a short one."""
    subject = form.data.get("subject", "") if form.is_bound else None
    body = form.data.get("body", "") if form.is_bound else None
    try:
        content = _worded(request, which, subject or "", body) if body is not None else None
        made = preview(
            shop=request.shop, key=which["state"], channel=which["channel"], language=which["language"],
            content=content, now=timezone.now(),
        )  # fmt: skip
    except (ValidationError, ContentError) as error:
        return {"fault": _why(error)}
    if is_mail:
        return {"seen_subject": made.subject}
    return {"text": made.text, "length": length_of(made.text)}
