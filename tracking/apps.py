"""The tracking app."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tracking import checks, holdings  # noqa: F401  registers what `manage.py check` says
        from tracking.services.personal import OWN_PARTS

        holdings.add(*OWN_PARTS)
