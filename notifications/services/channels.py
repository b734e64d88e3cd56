"""By which channels a shop can reach anybody."""

from __future__ import annotations

from django.conf import settings

from notifications.models import ChannelAccount
from notifications.registry import CHANNELS
from notifications.rules import FREE


def usable_channels(shop_id: int) -> list[str]:
    """E-mail and push always; a phone channel where the shop, or the installation, has a sender for it."""
    own = {a.channel: a.enabled for a in ChannelAccount.objects.for_shop(shop_id)}
    house = bool(settings.TWILIO_ACCOUNT_SID and settings.TWILIO_SENDER)
    return [c for c in CHANNELS if own.get(c, c in FREE or house)]
