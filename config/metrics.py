"""What an operator watches, read from PostgreSQL when asked: queues, their age, what failed."""

from __future__ import annotations

from django.db import connections
from django.utils import timezone
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from tracking.services import turns

# Each reads columns the dispatch role may see, and nothing of any shop's content.
QUESTIONS = {
    "rastro_polls_due": ("Polls that are due", "SELECT count(*) FROM tracking_poll WHERE next_at <= now()"),
    "rastro_transitions_unannounced": (
        "Transitions nobody has looked at",
        "SELECT count(*) FROM tracking_transition WHERE announced_at IS NULL",
    ),
    "rastro_messages_due": (
        "Messages due",
        "SELECT count(*) FROM notifications_message WHERE next_at <= now()",
    ),
    "rastro_message_lag_seconds": (
        "How long the oldest due message has waited",
        "SELECT coalesce(extract(epoch FROM now() - min(next_at)), 0) FROM notifications_message WHERE next_at <= now()",
    ),
}


def exposition() -> bytes:
    registry = CollectorRegistry()
    with connections["dispatch"].cursor() as cursor:
        for name, (meaning, question) in QUESTIONS.items():
            cursor.execute(question)
            Gauge(name, meaning, registry=registry).set(float(cursor.fetchone()[0]))
    lag = Gauge(
        "rastro_poll_lag_seconds",
        "How long an account that may ask its carrier has waited for its turn",
        registry=registry,
    )
    lag.set(turns.lag_s(timezone.now()))
    return generate_latest(registry)
