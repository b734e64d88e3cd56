"""The only code that writes notifications' tables."""
