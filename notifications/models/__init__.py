"""The tables: a shop's rules and designs, every message there ever was, and what shoppers chose to hear."""

from notifications.models.choosing import AlertSetup, Consent, Follower, Phone, Preference, PushSubscription
from notifications.models.marketing import (
    Banner,
    Click,
    Coupon,
    CouponCode,
    CouponGiven,
    LinkTarget,
    MarketingChoice,
    Product,
    Redemption,
    Sale,
    SalesRead,
    Shelf,
)
from notifications.models.messages import STATES, ChannelAccount, Message, Receipt
from notifications.models.rules import Alarm, ConfigChange, HoldoutPeriod, MessageSetup, Rule
from notifications.models.sending import Pause, SenderDomain, Suppression
from notifications.models.templates import DraftStep, Layout, Picture, Template, TemplateVersion

__all__ = [
    "STATES",
    "Alarm",
    "AlertSetup",
    "Banner",
    "ChannelAccount",
    "Click",
    "ConfigChange",
    "Consent",
    "Coupon",
    "CouponCode",
    "CouponGiven",
    "DraftStep",
    "Follower",
    "HoldoutPeriod",
    "Layout",
    "LinkTarget",
    "MarketingChoice",
    "Message",
    "MessageSetup",
    "Pause",
    "Phone",
    "Picture",
    "Preference",
    "Product",
    "PushSubscription",
    "Receipt",
    "Redemption",
    "Rule",
    "Sale",
    "SalesRead",
    "SenderDomain",
    "Shelf",
    "Suppression",
    "Template",
    "TemplateVersion",
]
