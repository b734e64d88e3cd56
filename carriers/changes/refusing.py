"""What a carrier's no means: that it will not, or that it was asked too late."""

from __future__ import annotations

import re

from carriers.payload import error_for
from carriers.types import CarrierError, ChangeAnswer, Changed, Reply

# No carrier documents a code for it: their words do. Already out with the driver, at the door, or over.
_TOO_LATE = re.compile(
    r"already (been )?(delivered|out|dispatched)|out for delivery|too late|has been delivered"
    r"|en reparto|ya (ha sido |fue )?entregad|fuera de plazo|plazo (superado|vencido)",
    re.IGNORECASE,
)


def refused(detail: str, reference: str = "") -> ChangeAnswer:
    """Of an answer that says no, in the carrier's words."""
    outcome = Changed.TOO_LATE if _TOO_LATE.search(detail) else Changed.REFUSED
    return ChangeAnswer(outcome, detail[:240], reference)


def no_answer(reply: Reply, detail: str) -> CarrierError | None:
    """The error an HTTP status amounts to; None where the carrier understood, and said no."""
    if reply.status is None or reply.status < 400 or reply.status in (400, 409, 422):
        return None
    return error_for(reply, detail)
