"""What the demo's customers wrote, and what the shop answered: threads in different states."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from PIL import Image, ImageDraw

from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import SYSTEM
from tracking.models import Order
from tracking.photos import Photo, read_photo
from tracking.services.ticket_rows import Said
from tracking.services.tickets import answer, note, spare, write


@dataclass(frozen=True, slots=True)
class Turn:
    """`by`: shopper, shop, or a note among agents."""

    by: str
    hours_ago: float
    text: str
    photo: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    order: str
    reason: str
    turns: tuple[Turn, ...]


# The one about 1041 closes itself as soon as its parcel, which is on the van, moves on.
THREADS: Mapping[str, tuple[Thread, ...]] = {
    "barro-y-sal": (
        Thread("1036", "damaged", (
            Turn("shopper", 3.2, "Ha llegado con un plato roto. La caja venía golpeada por una esquina.", photo=True),
        )),
        Thread("1034", "where", (
            Turn("shopper", 52, "Lleva dos semanas sin moverse. ¿Se ha perdido?"),
            Turn("note", 50, "Reclamado a Correos Express, expediente 88-4127. Responden en 48 h."),
            Turn("shop", 49.5, "Hola, Isabel: lo hemos reclamado al transportista. Si el jueves no aparece, te enviamos "
                               "otro juego sin coste."),
        )),
        Thread("1041", "where", (Turn("shopper", 1.1, "¿Llega hoy seguro? Salgo de viaje mañana."),)),
        Thread("1024", "other", (
            Turn("shopper", 70, "¿Podéis poner el CIF de la empresa en la factura?"),
            Turn("shop", 66, "Claro: pásanos razón social, CIF y dirección y te la rehacemos."),
            Turn("shopper", 20, "Estudio Rueda, S. L., B95000111, Calle Ledesma 8, 48001 Bilbao."),
        )),
    ),
    "librairie-des-pentes": (
        Thread("LP-2208", "change", (
            Turn("shopper", 5, "Je suis absent demain, le gardien peut prendre le colis."),
            Turn("shop", 4, "Bonjour Élodie, c’est noté : le livreur est prévenu."),
        )),
    ),
    "torra-clara": (
        Thread("TC-502", "damaged", (Turn("shopper", 26, "O coador chegou rasgado.", photo=True),)),
    ),
}  # fmt: skip
SPARED = {"where": 7, "not_received": 2, "invoice": 1}  # questions the page answered lately


def converse(shop: Shop, orders: Mapping[str, Order], now: datetime) -> None:
    for thread in THREADS.get(shop.slug, ()):
        _write(shop, orders[thread.order], thread, now)
    for reason, count in SPARED.items():
        for n in range(count):
            spare(shop=shop, reason=reason, now=now - timedelta(days=n))


def _write(shop: Shop, order: Order, thread: Thread, now: datetime) -> None:
    with shop_context(shop.pk):
        for number, turn in enumerate(thread.turns):
            at = now - timedelta(hours=turn.hours_ago)
            said = Said(turn.text, f"demo:{number}", (_photo(),) if turn.photo else ())
            if turn.by == "shopper":
                ticket = write(shop=shop, order=order, reason=thread.reason, said=said, now=at)
            elif turn.by == "note":
                note(shop=shop, ticket=ticket, said=said, author="Agente", now=at)
            else:
                answer(shop=shop, ticket=ticket, said=said, by=SYSTEM, author="Vega", now=at)


def _photo() -> Photo:
    """A plate in two pieces, on a table."""
    picture = Image.new("RGB", (1200, 900), "#c9b49a")
    draw = ImageDraw.Draw(picture)
    for y in range(0, 900, 150):
        draw.line((0, y, 1200, y + 14), fill="#bba386", width=5)
    draw.ellipse((260, 130, 960, 770), fill="#f3ede2", outline="#d8cdbb", width=8)
    draw.ellipse((370, 235, 850, 665), outline="#e1d7c6", width=10)
    crack = [(470, 120), (560, 300), (515, 410), (640, 520), (600, 640), (700, 790)]
    draw.line(crack, fill="#c9b49a", width=26, joint="curve")
    draw.line(crack, fill="#8c7a63", width=4, joint="curve")
    for x, y in ((905, 790), (960, 735), (1010, 812)):
        draw.polygon([(x, y), (x + 46, y + 12), (x + 18, y + 44)], fill="#f3ede2", outline="#d8cdbb")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return read_photo(out.getvalue(), "plate.jpg")
