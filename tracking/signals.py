"""What tracking says after a commit, so that others need not wait for their next look."""

from django.dispatch import Signal

# Transitions were written. Carries no data: the rows say it all, and a signal may be lost.
moved = Signal()
