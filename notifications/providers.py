"""Who can carry a shop's e-mails: what each needs to be told, how it is spoken to, what it promises. Data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carriers.types import Secret

OURS = "notifications.mail_lines"
SMTP_PORTS = (25, 465, 587, 2465, 2525, 2587)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a provider must be told that is no secret."""

    name: str
    label: str | Promise
    choices: tuple[tuple[str, str | Promise], ...] = ()
    help: str | Promise = ""
    default: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Provider:
    """`backend`: of Django. `repeats`: after how many attempts a hand-over that nobody answered may still be repeated:
    the provider knows our key, and remembers it for so long (notifications.services.delivery.WAITS_S). `reports`:
    whether it can tell what became of a mail. `about`: what a person does at the provider's."""

    code: str
    name: str
    backend: str
    secrets: tuple[Secret, ...]
    settings: tuple[Setting, ...] = ()
    repeats: int = 0
    reports: bool = True
    about: str | Promise = ""


_WHERE = _("Where your account is")

PROVIDERS: Mapping[str, Provider] = {
    one.code: one
    for one in (
        Provider(
            "ses", "Amazon SES", f"{OURS}.Pinned",
            secrets=(
                Secret("username", "SMTP user name", hidden=False),
                Secret("password", "SMTP password"),
            ),
            settings=(
                Setting("region", _WHERE, choices=tuple((one, one) for one in (
                    "eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-south-1", "eu-north-1", "us-east-1",
                    "us-east-2", "us-west-2", "ca-central-1", "sa-east-1", "ap-southeast-1", "ap-southeast-2",
                )), default="eu-west-1", required=True),
                Setting("configuration_set", _("Configuration set"),
                        help=_("The one that publishes its events to SNS. Without it SES reports nothing.")),
            ),
            about=_("Mails go through its SMTP interface. Make SMTP credentials in the SES console, under “SMTP settings”; "
                    "they are not your AWS keys. For reports, make an SNS topic, subscribe the address below to it over "
                    "HTTPS, and let the configuration set publish bounces, complaints and deliveries to it."),
        ),
        Provider(
            "sendgrid", "SendGrid", "anymail.backends.sendgrid.EmailBackend",
            secrets=(
                Secret("api_key", "API key"),
                Secret("webhook_key", "Verification key of the event webhook", hidden=False, required=False),
            ),
            settings=(Setting("region", _WHERE, choices=(("", _("Global")), ("eu", _("European Union")))),),
            about=_("Make an API key that may send mail. For reports, add an event webhook with the address below, switch "
                    "its signature on and copy the verification key here."),
        ),
        Provider(
            "mailgun", "Mailgun", "anymail.backends.mailgun.EmailBackend",
            secrets=(
                Secret("api_key", "API key"),
                Secret("webhook_key", "HTTP webhook signing key", required=False),
            ),
            settings=(
                Setting("region", _WHERE, choices=(("eu", _("European Union")), ("us", _("United States"))), default="eu",
                        required=True),
                Setting("sender_domain", _("Sending domain"), help=_("Only if it is not the domain of your address.")),
            ),
            about=_("Make a sending key. For reports, add webhooks with the address below, and copy the signing key."),
        ),
        Provider(
            "postmark", "Postmark", "anymail.backends.postmark.EmailBackend",
            secrets=(Secret("server_token", "Server API token"),),
            settings=(Setting("message_stream", _("Message stream"), help=_("Left empty: the transactional one.")),),
            about=_("For reports, add a webhook with the address below. Postmark signs nothing: the address itself is the "
                    "key, so keep it to yourself."),
        ),
        Provider(
            "brevo", "Brevo", f"{OURS}.BrevoOnce",
            secrets=(Secret("api_key", "API key"),), repeats=2,
            about=_("Make an API key, version 3. For reports, add a transactional webhook with the address below. Brevo signs "
                    "nothing: the address itself is the key, so keep it to yourself."),
        ),
        Provider(
            "resend", "Resend", f"{OURS}.ResendOnce",
            secrets=(Secret("api_key", "API key"), Secret("webhook_key", "Signing secret of the webhook", required=False)),
            repeats=11,
            about=_("Make an API key that may send. For reports, add a webhook with the address below and copy its signing "
                    "secret here."),
        ),
        Provider(
            "smtp", "SMTP", f"{OURS}.Pinned",
            secrets=(
                Secret("username", "User name", hidden=False, required=False),
                Secret("password", "Password", required=False),
            ),
            settings=(
                Setting("host", _("Server"), required=True, help=_("Such as smtp.your-shop.com.")),
                Setting("port", _("Port"), choices=tuple((str(p), str(p)) for p in SMTP_PORTS), default="587", required=True),
                Setting("security", _("Encryption"), default="starttls", required=True,
                        choices=(("starttls", "STARTTLS"), ("tls", "TLS"))),
            ),
            reports=False,
            about=_("A mail server says whether it took a mail, and nothing afterwards: mails that come back go to your own "
                    "mailbox, and are not counted here."),
        ),
    )
}  # fmt: skip
POST_URLS = {"eu": "https://api.eu.mailgun.net/v3", "us": "https://api.mailgun.net/v3"}
SENDGRID_EU = "https://api.eu.sendgrid.com/v3/"


def options_of(said: Mapping[str, str]) -> dict[str, Any]:
    """What the provider's backend is made with: from its settings and its secrets, opened, in one mapping."""
    code = said["provider"]
    if code in ("ses", "smtp"):
        return _smtp(said)
    if code == "postmark":
        stream = said.get("message_stream") or None
        return {"server_token": said["server_token"], "message_stream": stream}
    options: dict[str, Any] = {"api_key": said["api_key"]}
    if code == "mailgun":
        options |= {"api_url": POST_URLS[said.get("region") or "eu"]}
        options |= {"sender_domain": said.get("sender_domain") or None}
    if code == "sendgrid" and said.get("region") == "eu":
        options["api_url"] = SENDGRID_EU
    return options


def _smtp(said: Mapping[str, str]) -> dict[str, Any]:
    is_ses = said["provider"] == "ses"
    security = "starttls" if is_ses else said.get("security") or "starttls"
    return {
        "host": f"email-smtp.{said['region']}.amazonaws.com" if is_ses else said["host"],
        "port": 587 if is_ses else int(said.get("port") or 587),
        "username": said.get("username") or "",
        "password": said.get("password") or "",
        "use_tls": security == "starttls",
        "use_ssl": security == "tls",
    }


def named_by(backend: str) -> Provider | None:
    """The provider the installation's own EMAIL_BACKEND speaks to."""
    last = backend.removesuffix(".EmailBackend").rpartition(".")[2]
    known = {"amazon_ses": "ses", "sendinblue": "brevo"}.get(last, last)
    return PROVIDERS.get(known) if backend.startswith("anymail.") else None
