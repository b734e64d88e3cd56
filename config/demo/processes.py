"""The commands of an installation. The demo starts them; docker-compose.yml repeats them, and a test compares."""

from __future__ import annotations

from pathlib import Path

# {data} is DATA_DIR.
PREPARE = ("python", "manage.py", "prepare_database")
STATIC = ("python", "manage.py", "collectstatic", "--noinput")
WEB = ("gunicorn", "--config", "python:config.gunicorn", "config.wsgi")
STREAMS = ("gunicorn", "--config", "python:config.gunicorn_streams", "config.asgi")
WORKER = ("celery", "--app", "config.celery", "worker", "--loglevel", "INFO")
BEAT = ("celery", "--app", "config.celery", "beat", "--loglevel", "INFO", "--schedule", "{data}/beat")


def argv(command: tuple[str, ...], *, data: Path) -> list[str]:
    return [word.format(data=data) for word in command]
