"""The demo's orders: every state there is, in invented names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parcel:
    """`hours_ago`: when its journey began, in the simulator's library; None begins now, in quick time."""

    carrier: str
    journey: str
    hours_ago: float | None
    lines: tuple[int, ...] = ()  # positions of the order's lines it carries; none: all
    direction: str = "outbound"
    origin: str = ""  # empty: the shop's town
    number: str = (
        ""  # of a carrier that is only linked to: nobody is asked, and the simulator knows nothing of it
    )
    named: bool = True  # False: the shop does not say whose the number is


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """`hours_ago`: when it was placed. `articles`: positions in the shop's range and units."""

    number: str
    customer: str
    town: str
    street: str
    postal_code: str
    hours_ago: float
    articles: tuple[tuple[int, int], ...]
    parcels: tuple[Parcel, ...] = ()
    asserted: str = "preparing"
    cancelled: str = ""  # the reason
    restock_in_days: int | None = None
    promised_in_days: int | None = None
    invoice: str = ""
    channel: str = "web"
    language: str = ""
    shown: str = ""  # why the demo points at it
    country: str = ""


P = Parcel

BARRO_ORDERS = (
    DemoOrder(
        "1042", "Marta Ruiz Soler", "Madrid", "Calle Alcalá 212, 3.º B", "28028", 26, ((0, 1), (1, 1)),
        (P("gls_es", "straight", None),), promised_in_days=1, shown="live",
    ),
    DemoOrder(
        "1041", "Lucía Prat Ferrer", "Zaragoza", "Calle Delicias 4", "50017", 40, ((2, 4),),
        (P("gls_es", "straight", 24.6, named=False),), promised_in_days=0, invoice="F-2026-0391",
    ),
    DemoOrder(
        "1040", "Ainhoa Etxeberria", "Bilbao", "Gran Vía 31, 2.º izq.", "48009", 60, ((0, 2), (4, 1)),
        (P("gls_es", "failed_attempt_then_delivered", 30), P("correos_es", "straight", 33, (1,))),
    ),
    DemoOrder(
        "1039", "Jorge Peña Calvo", "Sevilla", "Calle Feria 88", "41002", 70, ((3, 6),),
        (P("correos_es", "pickup_point", 40),), shown="pickup",
    ),
    DemoOrder(
        "1038", "Carmen Vidal", "A Coruña", "Rúa Real 15", "15003", 90, ((1, 1), (2, 2), (5, 8)),
        (P("gls_es", "straight", 55, (0,)), P("nacex", "straight", 22.5, (1,))), promised_in_days=1, shown="parcels",
    ),
    DemoOrder(
        "1037", "Paolo Conti", "Roma", "Via Merulana 40", "00185", 130, ((4, 1),),
        (P("ups", "delayed", 60),), language="it", country="IT", promised_in_days=-1,
    ),
    DemoOrder(
        "1036", "Sofía Marín", "Málaga", "Calle Larios 5", "29005", 200, ((0, 1),),
        (P("seur", "straight", 120),), invoice="F-2026-0388",
    ),
    DemoOrder(
        "1035", "Andreu Camps", "Barcelona", "Carrer de Verdi 77", "08012", 150, ((2, 2),),
        (P("correos_es", "customs", 60, origin="Andorra la Vella"),),
    ),
    DemoOrder(
        "1034", "Isabel Navarro", "Murcia", "Calle Trapería 9", "30001", 430, ((5, 20),),
        (P("correos_express", "lost", 360),), promised_in_days=-9,
    ),
    DemoOrder(
        "1033", "Raúl Ortega", "Valladolid", "Paseo Zorrilla 101", "47006", 220, ((1, 2),),
        (P("ctt_express", "returned", 140),),
    ),
    DemoOrder(
        "1032", "Inés Fuster", "Alicante", "Calle San Vicente 60", "03004", 30, ((3, 2),), cancelled="payment",
    ),
    DemoOrder(
        "1031", "Tomás Gil", "Madrid", "Calle Atocha 20", "28012", 52, ((0, 4),), asserted="awaiting_stock", restock_in_days=12,
        shown="preorder",
    ),
    DemoOrder("1030", "Beatriz Lozano", "Madrid", "Calle Ibiza 3", "28009", 5, ((2, 1),), asserted="awaiting_payment"),
    DemoOrder("1029", "Hugo Sanz", "Valencia", "Calle Colón 40", "46004", 9, ((4, 1),), asserted="to_prepare", promised_in_days=3),
    DemoOrder("1028", "Nerea Pons", "Barcelona", "Avinguda Diagonal 300", "08013", 20, ((1, 1), (3, 2)), asserted="routed"),
    DemoOrder("1027", "Clara Benet", "Valencia", "Calle Ruzafa 22", "46006", 14, ((0, 1),), asserted="preparing", promised_in_days=2),
    DemoOrder(
        "1026", "Emma Fischer", "Berlin", "Torstraße 90", "10119", 96, ((0, 1), (2, 1)), (P("dhl_express", "straight", 20),),
        language="de", country="DE", channel="Etsy",
    ),
    DemoOrder(
        "1025", "Pilar Conde", "Sevilla", "Calle Betis 12", "41010", 300, ((4, 2),), (P("mondial_relay", "pickup_expired_returned", 206),),
    ),
    DemoOrder(
        "1024", "Óscar Rueda", "Bilbao", "Calle Ledesma 8", "48001", 340, ((3, 4),), (P("mrw", "straight", 300),),
        invoice="F-2026-0377",
    ),
    DemoOrder(
        "1023", "Giulia Esposito", "Napoli", "Via Toledo 120", "80134", 80, ((1, 1), (3, 2)), (P("fedex", "straight", 21),),
        language="it", country="IT",
    ),
    DemoOrder(
        "1022", "Xavier Roca", "Andorra la Vella", "Avinguda Meritxell 12", "AD500", 44, ((0, 1),),
        (P("tipsa", "", 20, number="0460120260034187"),), country="AD", promised_in_days=2,
    ),
)  # fmt: skip

PENTES_ORDERS = (
    DemoOrder(
        "LP-2210", "Camille Bernard", "Paris", "14 rue des Martyrs", "75009", 20, ((2, 1), (1, 1)),
        (P("chronopost", "straight", None),), promised_in_days=1, shown="live",
    ),
    DemoOrder(
        "LP-2209", "Hugo Lefèvre", "Nantes", "3 quai de la Fosse", "44000", 44, ((0, 1),),
        (P("laposte", "straight", 24.2),), promised_in_days=0,
    ),
    DemoOrder(
        "LP-2208", "Élodie Marchand", "Marseille", "27 cours Julien", "13006", 66, ((3, 1), (5, 1)),
        (P("laposte", "failed_attempt_then_delivered", 29),),
    ),
    DemoOrder(
        "LP-2207", "Nicolas Petit", "Toulouse", "8 rue Alsace-Lorraine", "31000", 80, ((4, 3),),
        (P("laposte", "pickup_point", 45),), shown="pickup",
    ),
    DemoOrder(
        "LP-2206", "Ana Torres", "Barcelona", "Carrer de Blai 9", "08004", 120, ((2, 1),),
        (P("dhl", "straight", 26),), language="es", country="ES",
    ),
    DemoOrder(
        "LP-2205", "Julien Moreau", "Lille", "5 rue de Gand", "59000", 160, ((1, 2), (0, 1)),
        (P("laposte", "straight", 100, (0,)), P("laposte", "delayed", 45, (1,))), promised_in_days=0,
    ),
    DemoOrder("LP-2204", "Sarah Cohen", "Paris", "60 rue Oberkampf", "75011", 240, ((5, 1),), (P("chronopost", "straight", 190),), invoice="2026-1187"),
    DemoOrder("LP-2203", "Manon Girard", "Rennes", "2 rue Saint-Michel", "35000", 230, ((3, 2),), (P("mondial_relay", "returned", 130),)),
    DemoOrder("LP-2202", "Thomas Roux", "Bordeaux", "19 rue Sainte-Catherine", "33000", 26, ((2, 2),), asserted="awaiting_stock", restock_in_days=20),
    DemoOrder("LP-2201", "Léa Fontaine", "Lyon", "7 montée de la Grande-Côte", "69001", 6, ((4, 1),), asserted="preparing"),
    DemoOrder("LP-2200", "Paul Garnier", "Paris", "31 rue de Turenne", "75003", 48, ((0, 3),), cancelled="shopper"),
    DemoOrder("LP-2199", "Giulia Ricci", "Milano", "Via Tortona 12", "20144", 150, ((2, 1),), (P("dhl", "customs", 70, origin="Shenzhen"),), language="it", country="IT"),
)  # fmt: skip

TORRA_ORDERS = (
    DemoOrder(
        "TC-508", "Ana Souza", "Porto Alegre", "Rua da República 210", "90050-320", 22, ((0, 2), (2, 1)),
        (P("17track", "straight", None),), promised_in_days=1, shown="live",
    ),
    DemoOrder("TC-507", "Rafael Lima", "Rio de Janeiro", "Rua do Catete 90", "22220-000", 44, ((1, 1),), (P("correios_br", "straight", 25),), promised_in_days=0),
    DemoOrder(
        "TC-506", "Beatriz Alves", "Curitiba", "Rua XV de Novembro 300", "80020-310", 70, ((3, 2),),
        (P("17track", "failed_attempt_then_delivered", 31),), channel="Mercado Livre",
    ),
    DemoOrder("TC-505", "João Pereira", "Florianópolis", "Rua Bocaiúva 55", "88015-530", 90, ((4, 1),), (P("17track", "pickup_point", 50),), shown="pickup"),
    DemoOrder("TC-504", "Camila Rocha", "Belo Horizonte", "Avenida Afonso Pena 1500", "30130-005", 160, ((0, 1),), (P("correios_br", "straight", 90),), invoice="NF-e 8841"),
    DemoOrder("TC-503", "Lucas Martins", "São Paulo", "Rua Augusta 900", "01304-001", 10, ((1, 2),), asserted="preparing"),
    DemoOrder("TC-502", "Fernanda Dias", "Rio de Janeiro", "Rua Voluntários 40", "22270-000", 300, ((2, 1),), (P("17track", "damaged", 150),), promised_in_days=-4),
    DemoOrder("TC-501", "Diego Castro", "Porto Alegre", "Rua Lima e Silva 70", "90050-100", 60, ((4, 2),), cancelled="shop"),
    DemoOrder("TC-500", "Mariana Nunes", "Curitiba", "Rua Itupava 12", "80045-140", 30, ((0, 1), (3, 1)), (P("17track", "never_moves", 28),)),
)  # fmt: skip

ORDERS = {"barro-y-sal": BARRO_ORDERS, "librairie-des-pentes": PENTES_ORDERS, "torra-clara": TORRA_ORDERS}
