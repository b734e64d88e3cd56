"""The tables: a shop's rules and words, every message there ever was, and what shoppers chose to hear."""

from notifications.models.choosing import AlertSetup, Consent, Follower, Phone, Preference, PushSubscription
from notifications.models.messages import STATES, ChannelAccount, Message, Receipt, Rule, Template

__all__ = [
    "STATES",
    "AlertSetup",
    "ChannelAccount",
    "Consent",
    "Follower",
    "Message",
    "Phone",
    "Preference",
    "PushSubscription",
    "Receipt",
    "Rule",
    "Template",
]
