"""What the installation remembers of itself."""

from django.db import models
from django.utils import timezone


class Heartbeat(models.Model):
    """A worker that lives. Global; one row a process."""

    worker = models.CharField(max_length=120, unique=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.worker
