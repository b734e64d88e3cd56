"""Runs the mailbox: SMTP on one port, its pages on another, both for this machine only."""

from __future__ import annotations

import argparse
import logging
import signal
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from config.demo.mailbox.account import Account
from config.demo.mailbox.pages import application
from config.demo.mailbox.store import Store

HOST = "127.0.0.1"
LARGEST_MAIL = 10 * 1024 * 1024  # bytes
log = logging.getLogger("mailbox")


class Keeper:
    """aiosmtpd's handler: everything offered is kept."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        try:
            mail_id = self.store.keep(_bytes(envelope.content), recipients=envelope.rcpt_tos)
        except OSError as error:
            log.error("mail not kept: %s", error.strerror)
            return "451 The mailbox cannot write; try again later"
        return f"250 Kept as {mail_id}"


def _bytes(content: bytes | str | None) -> bytes:
    return content.encode() if isinstance(content, str) else content or b""


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class QuietHandler(WSGIRequestHandler):
    timeout = 30  # seconds a silent connection may stay

    def log_message(self, format: str, *args: object) -> None:
        """Addresses of what is read are nobody's business."""


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m config.demo.mailbox", description=__doc__)
    options.add_argument("--smtp-port", type=int, default=1025)
    options.add_argument("--port", type=int, default=8025)
    options.add_argument("--directory", type=Path, default=Path(".data/mailbox"))
    options.add_argument(
        "--told", type=Path, help="where the demo notes what it made; with --site, /account is there"
    )
    options.add_argument("--site", default="", help="of the installation")
    asked = options.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd's, which names recipients

    store = Store(asked.directory)
    smtp = Controller(
        Keeper(store), hostname=HOST, port=asked.smtp_port, data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True
    )
    smtp.start()
    account = Account(asked.told, asked.site) if asked.told and asked.site else None
    web = make_server(
        HOST, asked.port, application(store, account), server_class=Server, handler_class=QuietHandler
    )
    log.info("mailbox at http://%s:%s, SMTP at port %s", HOST, asked.port, asked.smtp_port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        web.serve_forever()
    except KeyboardInterrupt:
        web.server_close()
        smtp.stop()


if __name__ == "__main__":
    main()
