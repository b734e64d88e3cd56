"""What people did to the shop, in words: the audit's codes as sentences. Data."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.deeds import DEEDS
from tenants.models import AuditEntry

ACTS: dict[str, Promise] = {
    **DEEDS,
    "shop.opened": _("Shop opened"),
    "shop.changed": _("Shop’s particulars changed"),
    "brand.changed": _("Look changed"),
    "states.changed": _("States changed"),
    "wording.changed": _("Words for a status changed"),
    "states.preset": _("States replaced by a set"),
    "rule.changed": _("Notification switched or changed"),
    "rule.removed": _("Rule deleted, or put back as it was"),
    "rules.arranged": _("Rules put in another order"),
    "bounds.changed": _("Bounds of all messages changed"),
    "alerts.changed": _("What customers may choose was changed"),
    "template.changed": _("Words of a message changed"),
    "template.cleared": _("Default words of a message taken"),
    "channel.changed": _("Sender of a channel changed"),
    "picture.added": _("Picture for messages added"),
    "marketing.changed": _("To whom offers go was changed"),
    "counting.changed": _("What is counted of mails was changed"),
    "holdout.changed": _("Share that gets only essential messages changed"),
    "config.applied": _("Configuration brought in from a file"),
    "domain.added": _("Domain added"),
    "domain.proved": _("Domain proved by its DNS"),
    "domain.primary": _("Domain used in messages"),
    "domain.lost": _("Domain proved by somebody else"),
    "domain.removed": _("Domain removed"),
    "widget.sites": _("Sites that may show the widget changed"),
    "account.connected": _("Carrier connected"),
    "account.changed": _("Carrier’s account changed"),
    "account.removed": _("Carrier removed"),
    "code.meaning": _("Meaning of a carrier’s code changed"),
    "member.invited": _("Somebody invited"),
    "member.uninvited": _("Invitation taken back"),
    "member.joined": _("Joined the team"),
    "member.role_changed": _("Role changed"),
    "member.removed": _("Member removed"),
    "key.made": _("API key made"),
    "key.revoked": _("API key revoked"),
    "orders.imported": _("Orders imported from a file"),
    "invoicing.changed": _("How the shop invoices changed"),
    "data.expired": _("Customers’ data erased, having been kept long enough"),
    "message.resent": _("Message sent again"),
    "messages.resent": _("Messages that failed sent again"),
    "messages.exported": _("Messages downloaded"),
    "suppression.lifted": _("Address written to again"),
    "suppression.added": _("Address not written to any more"),
    "prices.changed": _("Prices of text messages changed"),
}
NAMING = ("name", "carrier", "role", "preset", "number", "state", "reference")


def act_words(entry: AuditEntry) -> str:
    """With what it was about, where the audit has it in words."""
    said = str(ACTS.get(entry.action, entry.action))
    told = entry.after or entry.before or {}
    detail = next((told[name] for name in NAMING if isinstance(told.get(name), str) and told[name]), "")
    if entry.action in (
        "rule.changed",
        "rule.removed",
        "template.changed",
        "template.cleared",
        "channel.changed",
    ):
        detail = entry.subject.replace(":", ", ")
    if entry.action == "code.meaning":
        detail = entry.subject.partition(":")[2].replace(":", " ", 1)
    return f"{said}: {detail}" if detail else said
