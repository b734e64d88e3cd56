"""The config app."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config import (
            celery,  # noqa: F401  so that web processes know where tasks go
            refusal,  # noqa: F401  listens for connections
        )
