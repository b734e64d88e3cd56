"""From what happened to an order to a mail handed over: planned, composed, kept, sent, its end written down.

Floor: Liquid already parsed, filled in with facts at hand, and the mail handed over on a line that stays open: no
database at all. Beside it, taking messages from the outbox and writing down their end, against the ORM a row at a time.
Goals: at least 0.5 of the one, 20 times the other. Times are the processor's, for this process and its PostgreSQL
together; the mail server is a process of its own. Then what a worker does by the clock, and what an order's four
messages take on disk. Run: python -m bench.messages [orders a round]
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.scratch import database

ORDERS, ROUNDS = 400, 5
BY_HAND = 60  # messages the ORM is given a round
PEAK_A_S = 100_000 * 4 * 4 / 86_400  # of a node: four messages an order, four times the ordinary
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RATES = ("floor", "ours", "plan", "deliver", "clock")
STATES = ("preparing", "shipped", "out_for_delivery", "delivered")
STATEMENTS = ("SELECT", "\nSELECT", "INSERT", "UPDATE", "WITH", "\nWITH", "\nUPDATE", "DELETE")


def main(orders: int = ORDERS) -> None:
    with mail_server() as port, database() as url, psycopg.connect(url, autocommit=True) as admin:
        import gc

        from django.conf import settings

        from tests import make

        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.NOTIFY_SETTLE_S = "127.0.0.1", port, 0
        gc.freeze()  # as the worker does
        shop = make.shop(name="Casa Olmo", contact_email="hola@olmo.example")
        rates: dict[str, list[float]] = {name: [] for name in RATES}
        for number in range(ROUNDS + 1):
            ids = placed(shop, orders)
            floor = one_floor(shop, ids)
            plan, deliver, clock = one_round(shop, ids)
            if number:  # the first warms up
                rates["floor"].append(floor)
                rates["plan"].append(plan)
                rates["deliver"].append(deliver)
                rates["ours"].append(1 / (1 / plan + 1 / deliver))
                rates["clock"].append(clock)
        boxes = {"ours": [], "orm": []}
        for number in range(ROUNDS + 1):
            ours, orm = outbox(shop, orders), outbox_by_orm(shop, BY_HAND)
            if number:
                boxes["ours"].append(ours)
                boxes["orm"].append(orm)
        show(rates, boxes, *statements(shop), stored(admin, shop))


def show(rates: Any, boxes: Any, few: int, many: int, size: tuple[float, float]) -> None:
    floor, ours, plan, deliver, clock = (statistics.median(rates[name]) for name in RATES)
    box, orm = statistics.median(boxes["ours"]), statistics.median(boxes["orm"])
    print(f"{'messages a second of processor time':<46}{'floor':>9}{'ours':>9}{'ratio':>8}{'goal':>8}")
    print(
        f"{'planned, composed, kept, handed over':<46}{floor:>9,.0f}{ours:>9,.0f}{ours / floor:>8.2f}{'≥ 0.5':>8}"
    )
    print(f"{'  of it planned':<46}{'':>9}{plan:>9,.0f}")
    print(f"{'  of it composed and handed over':<46}{'':>9}{deliver:>9,.0f}")
    print(f"{'taken from the outbox and finished':<46}{orm:>9,.0f}{box:>9,.0f}{box / orm:>8.1f}{'≥ 20':>8}")
    print(f"{'by the clock, one worker process':<46}{'':>9}{clock:>9,.0f}{'':>8}{f'≥ {PEAK_A_S:.0f}':>8}")
    print(f"{'statements to plan 5 orders, and 100':<46}{few:>9}{many:>9}{'':>8}{'same':>8}")
    print(f"{'bytes of four messages: rows, and indexes':<46}{size[0]:>9,.0f}{size[1]:>9,.0f}")


# --- The floor ---


def one_floor(shop: Any, ids: Sequence[int]) -> float:
    """Liquid and SMTP alone."""
    from django.core.mail import EmailMultiAlternatives, get_connection

    said, fillings = material(shop, ids[0])
    connection = get_connection()
    connection.open()
    began = time.process_time()
    for number in range(len(ids)):
        for fill, source, values in fillings:
            page = fill(source, values)
        mail = EmailMultiAlternatives(
            subject=said.subject,
            body=said.text,
            from_email="Casa Olmo <avisos@localhost>",
            to=[f"c{number}@example.com"],
            headers={"Message-ID": f"<{number}@localhost>"},
        )
        mail.attach_alternative(page, "text/html")
        connection.send_messages([mail])
    took = time.process_time() - began
    connection.close()
    return len(ids) / took


def material(shop: Any, order_id: int) -> tuple[Any, list[tuple[Any, str, Any]]]:
    """A mail, and what Liquid filled in for it: its texts, its page last."""
    from notifications import rendering, sandbox
    from notifications.services.templates import design_of
    from tenants.isolation import shop_context
    from tracking.models import Order

    caught: list[tuple[Any, str, Any]] = []
    real = {name: getattr(sandbox, name) for name in ("fill", "fill_page")}

    def catching(name: str) -> Any:
        def fill(source: str, values: Any) -> str:
            caught.append((real[name], source, values))
            return str(real[name](source, values))

        return fill

    with shop_context(shop.pk):
        order = Order.objects.get(pk=order_id)
        content = design_of(shop, "shipped", "email").content
        try:
            for name in real:
                setattr(sandbox, name, catching(name))
            said = rendering.render(
                shop=shop, order=order, occasion="shipped", channel="email", language="es", content=content, now=NOW
            )  # fmt: skip
        finally:
            for name, fill in real.items():
                setattr(sandbox, name, fill)
    return said, caught


# --- Ours ---


def one_round(shop: Any, ids: Sequence[int], state: str = "shipped") -> tuple[float, float, float]:
    from notifications.services.delivery import deliver_due
    from notifications.services.planning import plan_due

    move(shop, ids, state)
    now = NOW + timedelta(hours=1)
    clock = time.perf_counter()
    began = busy_s()
    while plan_due(now):
        pass
    planned = busy_s()
    while deliver_due(datetime.now(UTC)):
        pass
    ended = busy_s()
    took = time.perf_counter() - clock
    from notifications.models import Message
    from tenants.isolation import shop_context

    with shop_context(shop.pk):
        sent = Message.objects.filter(order_id__in=ids, state=state, status="sent").count()
    assert sent == len(ids), (sent, len(ids))
    return len(ids) / (planned - began), len(ids) / (ended - planned), len(ids) / took


def placed(shop: Any, count: int) -> list[int]:
    from tenants.isolation import shop_context
    from tenants.services import SYSTEM
    from tracking.models import Order, Transition
    from tracking.services.intake import LineIn, OrderIn, ShipmentIn, upsert_orders

    with shop_context(shop.pk):
        first = Order.objects.count()
    taken = upsert_orders(
        shop=shop,
        orders=[
            OrderIn(
                str(n), NOW - timedelta(days=1), customer_name="Marta Ruiz", customer_email=f"c{n}@example.com",
                language="es", country="ES", city="Madrid", postal_code="28038",
                lines=[LineIn("Taza", sku="T"), LineIn("Plato hondo", sku="P", quantity=2)],
                shipments=[ShipmentIn("seur", f"S{n:09d}")],
            )
            for n in range(first, first + count)
        ],
        by=SYSTEM,
        now=NOW - timedelta(hours=12),
    )  # fmt: skip
    with shop_context(shop.pk):
        Transition.objects.update(announced_at=NOW)
    return [t.order_id for t in taken]


def move(shop: Any, ids: Sequence[int], state: str) -> None:
    """What the fold leaves when an order comes to `state`."""
    from tenants.isolation import shop_context
    from tracking.models import Order, Transition

    with shop_context(shop.pk):
        Order.objects.filter(pk__in=ids).update(state=state, state_since=NOW)
        Transition.objects.bulk_create(
            Transition(
                shop_id=shop.pk, order_id=pk, kind="order", before="received", after=state, episode=1,
                occurred_at=NOW, recorded_at=NOW,
            )
            for pk in ids
        )  # fmt: skip


def statements(shop: Any) -> tuple[int, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from notifications.services.planning import plan_due

    counts = []
    for size in (5, 100):
        move(shop, placed(shop, size), "delivered")
        with CaptureQueriesContext(connection) as queries:
            plan_due(NOW + timedelta(hours=1))
        counts.append(sum(q["sql"].lstrip().startswith(STATEMENTS) for q in queries))
    return counts[0], counts[1]


# --- The outbox alone ---


def filled(shop: Any, count: int) -> list[Any]:
    import uuid

    from notifications.models import Message
    from tenants.isolation import shop_context
    from tracking.models import Order

    with shop_context(shop.pk):
        Message.objects.exclude(next_at=None).update(next_at=None, status="held")
        order = Order.objects.first()
        made = [
            Message(
                shop=shop, order=order, state="shipped", channel="email", recipient="c@example.com", language="es",
                dedupe_key=str(uuid.uuid4()), next_at=datetime.now(UTC) - timedelta(seconds=1),
            )
            for _ in range(count)
        ]  # fmt: skip
        return Message.objects.bulk_create(made)


def outbox(shop: Any, count: int) -> float:
    """Claimed, marked as being sent, and finished: messages a second of processor time."""
    from notifications.services import outbox

    filled(shop, count)
    now, done = datetime.now(UTC), 0
    began = busy_s()
    while done < count:
        claim = outbox.claim(now)
        assert claim
        going = outbox.mark_sending(claim, now)
        outbox.finish([outbox.End(one.id, one.lease, "sent", "id", now) for one in claim if one.id in going])
        done += len(claim)
    return done / (busy_s() - began)


def outbox_by_orm(shop: Any, count: int) -> float:
    """The same as one would write it first."""
    from uuid import uuid4

    from django.db.models import Q

    from notifications.models import Message
    from tenants.isolation import shop_context

    filled(shop, count)
    now = datetime.now(UTC)
    began = busy_s()
    for _ in range(count):
        lease = uuid4()
        with shop_context(shop.pk):
            due = Message.objects.filter(
                Q(lease_until=None) | Q(lease_until__lt=now), status="queued", next_at__lte=now
            )
            message = due.order_by("next_at").select_for_update(skip_locked=True).first()
            message.lease, message.lease_until, message.attempts = lease, now + timedelta(seconds=40), 1
            message.save()
        with shop_context(shop.pk):
            message = Message.objects.get(pk=message.pk, lease=lease)
            message.status = "sending"
            message.save()
        with shop_context(shop.pk):
            message = Message.objects.get(pk=message.pk, lease=lease)
            message.status, message.next_at, message.lease, message.lease_until = "sent", None, None, None
            message.provider_id, message.sent_at = "id", now
            message.save()
    return count / (busy_s() - began)


# --- What it takes on disk ---


def stored(admin: Any, shop: Any) -> tuple[float, float]:
    """Bytes an order of four mails, each kept as it was sent."""
    from django.db import connections

    size = (
        "SELECT pg_table_size('notifications_message') + pg_table_size('notifications_layout'),"
        " pg_indexes_size('notifications_message')"
    )
    connections.close_all()
    admin.execute("VACUUM FULL notifications_message")
    before = admin.execute(size).fetchone()
    ids = placed(shop, 250)
    for state in STATES:
        move(shop, ids, state)
        one_round_quietly(ids, state)
    connections.close_all()
    admin.execute("VACUUM FULL notifications_message")
    after = admin.execute(size).fetchone()
    return (after[0] - before[0]) / len(ids), (after[1] - before[1]) / len(ids)


def one_round_quietly(ids: Sequence[int], state: str) -> None:
    from notifications.services.delivery import deliver_due
    from notifications.services.planning import plan_due

    while plan_due(NOW + timedelta(hours=1)):
        pass
    while deliver_due(datetime.now(UTC)):
        pass


# --- Beside it ---


def busy_s() -> float:
    """Processor time of this process and of the PostgreSQL sessions that serve it: others on the machine do not count."""
    from django.db import connections

    total = time.process_time()
    for name in ("default", "dispatch"):
        with connections[name].cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


SERVER = """
import socketserver, sys
class Session(socketserver.StreamRequestHandler):
    def handle(self):
        say = lambda text: self.wfile.write(text + b"\\r\\n")
        say(b"220 ready")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                say(b"354 go on")
                while (part := self.rfile.readline()) not in (b".\\r\\n", b""):
                    pass
                say(b"250 taken")
            elif verb == b"QUIT":
                say(b"221 bye")
                return
            else:
                say(b"250 fine")
class Server(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True
Server(("127.0.0.1", int(sys.argv[1])), Session).serve_forever()
"""


@contextmanager
def mail_server() -> Iterator[int]:
    """Takes every mail and forgets it, as fast as Python can."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(port)])
    try:
        for _ in range(50):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
