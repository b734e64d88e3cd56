"""The notifications app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from notifications import checks, inbound, personal, receipts, wake  # noqa: F401  connect their signals
        from tracking import holdings

        holdings.add(*personal.PARTS)
