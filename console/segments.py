"""How many text messages a text makes: what the pages of the console show of it."""

from notifications.segments import Length, length_of

__all__ = ["Length", "length_of"]
