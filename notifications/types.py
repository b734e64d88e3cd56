"""What a channel is, what goes out by it, and how it says no. No Django."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from carriers.types import Secret


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message, ready to be handed over."""

    id: str  # ours; goes along, so that a receipt finds its way back
    to: str
    sender: str
    text: str
    subject: str = ""
    html: str = ""
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    receipt_url: str = ""  # where the provider reports what became of it
    template: str = ""  # WhatsApp: the approved template's name
    variables: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    layout: str = ""  # the page its facts were filled into, and the version of the design
    version: int | None = None
    hidden: tuple[str, ...] = ()  # what is said in it and must not be kept: a code
    # What stands in place of which address as it goes out (notifications.tracked); the page that is kept is without.
    links: Mapping[str, str] = field(default_factory=dict)
    pixel_url: str = ""  # of the picture that tells that a mail was opened; not in the page that is kept
    segments: int = 0  # of an SMS, and what we reckon it costs
    price: Decimal | None = None
    currency: str = ""


class DeliveryError(Exception):
    """The provider did not take a message.

    `permanent`: it never will. `ambiguous`: it may have, the line dropped before it said; handing it over again
    could send it twice. `gone`: nobody is at that address any more, and it is to be forgotten. `suppresses`: why
    nothing goes to that address any more (Suppression.why). `repeats`: after how many attempts an ambiguous one may be
    repeated, since the provider recognises our key for so long. `down`: nothing went out, and the provider takes nothing
    from this account just now, whatever the message.
    """

    def __init__(
        self, detail: str, *, permanent: bool = False, ambiguous: bool = False, gone: bool = False,
        suppresses: str = "", repeats: int = 0, down: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(detail)
        self.detail = detail[:240]
        self.permanent = permanent
        self.ambiguous = ambiguous
        self.gone = gone
        self.suppresses = suppresses
        self.repeats = repeats
        self.down = down


Deliver = Callable[[Outgoing, Mapping[str, str]], str]


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to reach a person. `deliver` hands a message over and returns the provider's identifier.

    `repeatable`: the provider recognises our id, so an ambiguous hand-over may be repeated. `paid`: each message
    costs the shop money. `worded`: a shop may write its own words for it.
    """

    code: str
    name: str
    deliver: Deliver
    secrets: tuple[Secret, ...] = ()
    address: str = "phone"  # which of the customer's addresses it uses: email, phone or browser
    paid: bool = False
    repeatable: bool = False
    worded: bool = True
