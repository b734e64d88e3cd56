"""The presets' names once more, where gettext finds them: `presets` is pure."""

from django.utils.translation import gettext_noop as _

NAMES = (
    _("Ten states, with warehouse and invoice"),
    _("Awaiting payment"),
    _("Awaiting stock"),
    _("Routed"),
    _("Pending preparation"),
    _("In preparation"),
    _("Shipped"),
    _("At a pickup point"),
    _("Delivered"),
    _("Invoice issued"),
    _("Cancelled"),
    _("Five steps, from request to completion"),
    _("Request received"),
    _("In process"),
    _("Completed"),
    _("Four steps"),
    _("Received"),
    _("Being prepared"),
    _("On its way"),
)
