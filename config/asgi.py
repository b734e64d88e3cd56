"""What the process of open streams serves: `gunicorn --config python:config.gunicorn_streams config.asgi`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from config.streams import application  # noqa: E402  once the settings are read

__all__ = ["application"]
