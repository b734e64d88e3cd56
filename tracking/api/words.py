"""The words the API has for states, statuses and reasons, and what they are called in its description."""

from __future__ import annotations

from carriers.types import Status
from tracking.states import ASSERTABLE, OrderState

ORDER_STATES = [state.value for state in OrderState if state is not OrderState.INVOICE_ISSUED]
ASSERTABLE_STATES = [state.value for state in OrderState if state in ASSERTABLE]
STATUSES = [status.value for status in Status]
REASONS = ["shop", "shopper", "payment"]
ENUMS = {
    "OrderState": ORDER_STATES,
    "AssertableState": ASSERTABLE_STATES,
    "ParcelStatus": STATUSES,
    "CancelReason": REASONS,
}
MONEY = "^\\d{1,12}(\\.\\d{1,3})?$"
