"""What the demo's first shop made of its messages: a design of its own, rules of its own, something to come back for."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from config.demo.shops import DemoShop
from notifications.conditions import Condition
from notifications.contents import FORMAT, Content
from notifications.models import Banner, Coupon, CouponCode, Product
from notifications.rules import Rule
from notifications.services.rules import keep_rule
from notifications.services.templates import publish
from tenants.models import Shop
from tenants.services import SYSTEM

CARE = "own-cuidados"
TEXTS: dict[str, dict[str, str]] = {
    "subject": {
        "es": "Tres cosas para que tu cerámica dure",
        "en": "Three things that make your pottery last",
        "fr": "Trois gestes pour que votre céramique dure",
        "it": "Tre gesti perché la tua ceramica duri",
        "de": "Drei Dinge, mit denen Ihre Keramik lange hält",
        "pt-br": "Três cuidados para sua cerâmica durar",
    },
    "headline": {
        "es": "Ya está en tu mesa. Ahora, a usarla",
        "en": "It is on your table. Now use it",
        "fr": "Elle est sur votre table. Place à l’usage",
        "it": "È sulla tua tavola. Adesso usala",
        "de": "Sie steht auf Ihrem Tisch. Jetzt wird sie benutzt",
        "pt-br": "Já está na sua mesa. Agora é usar",
    },
    "text": {
        "es": "Hola{% if customer.first_name %}, {{ customer.first_name }}{% endif %}: "
        "las primeras veces, lávala a mano y sin estropajo metálico.\n\n"
        "Va al horno, pero entra con él frío: los cambios bruscos son lo único que la agrieta.\n\n"
        "Si algo no llegó como debía, responde a este correo: lo lee una persona del taller.",
        "en": "Hello{% if customer.first_name %} {{ customer.first_name }}{% endif %}: "
        "the first few times, wash it by hand and without a metal scourer.\n\n"
        "It goes in the oven, but put it in while it is cold: sudden changes are the one thing that cracks it.\n\n"
        "If something did not arrive as it should, answer this mail: a person in the workshop reads it.",
        "fr": "Bonjour{% if customer.first_name %} {{ customer.first_name }}{% endif %} : "
        "les premières fois, lavez-la à la main, sans éponge métallique.\n\n"
        "Elle va au four, à condition d’y entrer à froid : seuls les écarts brusques la fendent.\n\n"
        "Si quelque chose n’est pas arrivé comme il faut, répondez à ce message : une personne de l’atelier le lit.",
        "it": "Ciao{% if customer.first_name %} {{ customer.first_name }}{% endif %}: "
        "le prime volte lavala a mano, senza paglietta di metallo.\n\n"
        "Va in forno, ma mettila quando è freddo: solo gli sbalzi la crepano.\n\n"
        "Se qualcosa non è arrivato come doveva, rispondi a questa e-mail: la legge una persona del laboratorio.",
        "de": "Guten Tag{% if customer.first_name %} {{ customer.first_name }}{% endif %}, "
        "spülen Sie sie die ersten Male von Hand und ohne Metallschwamm.\n\n"
        "Sie darf in den Ofen, aber stellen Sie sie in den kalten: Nur plötzliche Wechsel lassen sie reißen.\n\n"
        "Ist etwas nicht so angekommen, wie es sollte? Antworten Sie auf diese E-Mail, jemand aus der Werkstatt liest sie.",
        "pt-br": "Olá{% if customer.first_name %}, {{ customer.first_name }}{% endif %}: "
        "nas primeiras vezes, lave à mão e sem palha de aço.\n\n"
        "Vai ao forno, mas coloque com ele frio: só as mudanças bruscas fazem trincar.\n\n"
        "Se algo não chegou como devia, responda a este e-mail: uma pessoa da oficina lê.",
    },
    "goes_with": {
        "es": "Para la misma mesa", "en": "For the same table", "fr": "Pour la même table", "it": "Per la stessa tavola",
        "de": "Für denselben Tisch", "pt-br": "Para a mesma mesa",
    },
    "coupon": {
        "es": "Para cuando vuelvas", "en": "For when you come back", "fr": "Pour votre prochaine visite",
        "it": "Per quando torni",
        "de": "Für das nächste Mal", "pt-br": "Para quando voltar",
    },
    "coupon_text": {
        "es": "Un 12 % en una pieza, solo para ti.", "en": "12 % off one piece, yours alone.",
        "fr": "12 % sur une pièce, rien que pour vous.", "it": "Il 12 % su un pezzo, solo per te.",
        "de": "12 % auf ein Stück, nur für Sie.", "pt-br": "12 % em uma peça, só para você.",
    },
}  # fmt: skip
BANNER = {
    "es": {
        "title": "El horno de diciembre",
        "text": "Doce jarras numeradas, solo hasta Reyes.",
        "label": "Verlas",
    },
    "en": {
        "title": "December’s kiln",
        "text": "Twelve numbered jugs, until 6 January only.",
        "label": "See them",
    },
    "fr": {
        "title": "Le four de décembre",
        "text": "Douze pichets numérotés, jusqu’aux Rois.",
        "label": "Les voir",
    },
    "it": {
        "title": "La fornace di dicembre",
        "text": "Dodici brocche numerate, fino all’Epifania.",
        "label": "Guardale",
    },
    "de": {
        "title": "Der Ofen im Dezember",
        "text": "Zwölf nummerierte Krüge, nur bis zum 6. Januar.",
        "label": "Ansehen",
    },
    "pt-br": {
        "title": "O forno de dezembro",
        "text": "Doze jarras numeradas, só até 6 de janeiro.",
        "label": "Ver",
    },
}
GOES_WITH = {
    "BA-01": ["BA-03", "BA-05"],
    "BA-02": ["BA-04"],
    "BA-03": ["BA-01"],
    "BA-04": ["BA-02"],
    "BA-05": ["BA-01"],
}


def make(spec: DemoShop, shop: Shop, now: datetime) -> None:
    """In the shop's context, once."""
    _fill_catalogue(spec, shop)
    coupon = _offer(shop, now)
    publish(
        shop=shop, key=CARE, channel="email", content=_care(coupon), by=SYSTEM, name="Cuidados de la cerámica"
    )
    for rule in RULES:
        keep_rule(shop=shop, rule=rule, by=SYSTEM, now=now)


RULES = (
    Rule(
        "own-cuidados", "delivered", "email", template=CARE, delay_days=3, hours=(9, 20), essential=False, position=10,
        name="Cuidados tras la entrega",
    ),
    Rule(
        "own-amazon", "any", "email", sends=False, conditions=(Condition("sales_channel", "in", ("Amazon",)),), position=1,
        name="Amazon escribe por su cuenta",
    ),
)  # fmt: skip


def _care(coupon: Coupon) -> Content:
    return {
        "format": FORMAT,
        "subject": TEXTS["subject"],
        "blocks": [
            {"id": "logo", "kind": "logo"},
            {"id": "headline", "kind": "headline", "text": TEXTS["headline"]},
            {"id": "text", "kind": "text", "text": TEXTS["text"]},
            {"id": "button", "kind": "button", "to": "page"},
            {"id": "stars", "kind": "stars"},
            {"id": "products", "kind": "products", "title": TEXTS["goes_with"], "pick": "goes_with", "most": 2},
            {
                "id": "coupon", "kind": "coupon", "coupon": str(coupon.pk), "title": TEXTS["coupon"],
                "text": TEXTS["coupon_text"],
            },
            {"id": "footer", "kind": "footer"},
        ],
    }  # fmt: skip


def _fill_catalogue(spec: DemoShop, shop: Shop) -> None:
    Product.objects.bulk_create(
        Product(
            shop=shop,
            sku=(sku := f"{spec.slug[:2].upper()}-{n:02d}"),
            title=title,
            url=f"{spec.particulars['website']}/p/{sku.lower()}",
            price=Decimal(price),
            currency=spec.currency,
            categories=["mesa"] if n != 6 else ["pared"],
            goes_with=GOES_WITH.get(sku, []),
            position=n,
        )
        for n, (title, _variant, price) in enumerate(spec.articles, 1)
    )


def _offer(shop: Shop, now: datetime) -> Coupon:
    """One code for all, and a pool of codes for those who come back; a banner for them too."""
    Coupon.objects.create(
        shop=shop, name="Otoño", worth="10 %", code="BARRO10", ends_at=now + timedelta(days=39), most=500
    )
    pool = Coupon.objects.create(
        shop=shop, name="Vuelve pronto", worth="12 %", ends_at=now + timedelta(days=120)
    )
    CouponCode.objects.bulk_create(
        CouponCode(shop=shop, coupon=pool, code=(code := f"VUELVE-{n * 7919 % 90000 + 10000}"), code_key=code)
        for n in range(1, 201)
    )
    Banner.objects.create(
        shop=shop, name="Horno de diciembre", texts=BANNER, url="https://barroysal.example/diciembre",
        audience=[Condition("customer", "is", ("returning",)).as_json()], ends_at=now + timedelta(days=45),
    )  # fmt: skip
    return pool
