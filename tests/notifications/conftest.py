"""A mail server that keeps what it gets, and can be rude."""

from __future__ import annotations

import email
import email.policy

import pytest
from aiosmtpd.controller import Controller


class Sink:
    """`answers` are given to the next mails in turn instead of taking them; "drop" closes the line after the data."""

    def __init__(self):
        self.mails, self.answers = [], []

    async def handle_DATA(self, server, session, envelope):
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer == "drop":
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            session.peer and server.transport.abort()
            return "421 bye"
        if answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return answer


@pytest.fixture
def mailbox(settings):
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=0)
    # aiosmtpd checks its own start by connecting, so it must know the port before.
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        controller.port = probe.getsockname()[1]
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield sink
    controller.stop()
