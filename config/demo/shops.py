"""The demo's three shops: invented, and as unlike one another as shops are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class DemoShop:
    slug: str
    name: str
    country: str
    language: str
    languages: tuple[str, ...]
    currency: str
    time_zone: str
    preset: str
    carriers: tuple[str, ...]
    town: str  # where its parcels set out
    dialling: str
    particulars: dict[str, Any]
    brand: dict[str, Any]
    articles: tuple[tuple[str, str, str], ...]  # title, variant, price
    emblem: str  # tenants' logo, drawn by config.demo.logos
    rules: dict[tuple[str, str], bool] = field(default_factory=dict)  # beyond the defaults


BARRO = DemoShop(
    slug="barro-y-sal",
    name="Barro y Sal",
    country="ES",
    language="es",
    languages=("es", "en", "fr", "it", "de", "pt-br"),
    currency="EUR",
    time_zone="Europe/Madrid",
    preset="shippingbo10",
    carriers=(
        "correos_es",
        "gls_es",
        "seur",
        "mrw",
        "nacex",
        "ctt_express",
        "correos_express",
        "mondial_relay",
        "ups",
        "fedex",
        "dhl_express",
        "dhl_parcel_es",
    ),
    town="Valencia",
    dialling="+346",
    particulars={
        "contact_email": "hola@barroysal.example",
        "contact_phone": "+34963000111",
        "website": "https://barroysal.example",
        "help_url": "https://barroysal.example/ayuda",
        "privacy_url": "https://barroysal.example/privacidad",
    },
    brand={
        "colour": "#a8472a",
        "background": "#faf5ef",
        "font": "humanist",
        "radius": 20,
        "banner_title": "Para tu próxima mesa",
        "banner_text": "Un 10 % en la colección de otoño, por la espera.",
        "banner_code": "BARRO10",
        "links": [
            {"label": "Tienda", "url": "https://barroysal.example"},
            {"label": "Ayuda", "url": "https://barroysal.example/ayuda"},
        ],
        "social": [{"label": "Instagram", "url": "https://instagram.example/barroysal"}],
    },
    articles=(
        ("Plato llano «Arena»", "Juego de 4", "64.00"),
        ("Jarra «Salvia»", "1,2 l", "29.00"),
        ("Cuenco «Albufera»", "Esmalte azul", "18.50"),
        ("Taza «Levante»", "Sin asa", "14.00"),
        ("Fuente de horno", "32 cm", "46.00"),
        ("Azulejo pintado a mano", "15 × 15 cm", "9.90"),
    ),
    emblem="bowl",
    rules={("out_for_delivery", "sms"): True, ("ready_for_pickup", "whatsapp"): True},
)

PENTES = DemoShop(
    slug="librairie-des-pentes",
    name="Librairie des Pentes",
    country="FR",
    language="fr",
    languages=("fr", "en", "es", "it", "de"),
    currency="EUR",
    time_zone="Europe/Paris",
    preset="egondola5",
    carriers=("laposte", "chronopost", "mondial_relay", "dhl"),
    town="Lyon",
    dialling="+336",
    particulars={
        "contact_email": "bonjour@librairiedespentes.example",
        "contact_phone": "+33472000222",
        "website": "https://librairiedespentes.example",
        "help_url": "https://librairiedespentes.example/aide",
        "privacy_url": "https://librairiedespentes.example/confidentialite",
    },
    brand={
        "colour": "#1d3557",
        "background": "#f3f1ec",
        "font": "classic",
        "radius": 4,
        "banner_title": "En attendant la suite",
        "banner_text": "Les libraires ont choisi douze romans pour l’hiver.",
        "banner_url": "https://librairiedespentes.example/hiver",
        "banner_label": "Voir la sélection",
        "links": [
            {"label": "La librairie", "url": "https://librairiedespentes.example"},
            {"label": "Aide", "url": "https://librairiedespentes.example/aide"},
        ],
        "social": [],
    },
    articles=(
        ("L’Étranger", "Albert Camus · poche", "7.60"),
        ("Les Années", "Annie Ernaux · poche", "8.70"),
        ("Atlas des îles abandonnées", "Judith Schalansky · relié", "29.00"),
        ("La Place", "Annie Ernaux · poche", "6.90"),
        ("Carnet de lecture", "Papier vergé", "14.50"),
        ("Nadja", "André Breton · poche", "8.30"),
    ),
    emblem="book",
)

TORRA = DemoShop(
    slug="torra-clara",
    name="Torra Clara",
    country="BR",
    language="pt-br",
    languages=("pt-br", "es", "en"),
    currency="BRL",
    time_zone="America/Sao_Paulo",
    preset="simple4",
    carriers=("17track", "correios_br", "dhl"),
    town="São Paulo",
    dialling="+55519",
    particulars={
        "contact_email": "oi@torraclara.example",
        "contact_phone": "+551130000333",
        "website": "https://torraclara.example",
        "help_url": "https://torraclara.example/ajuda",
        "privacy_url": "https://torraclara.example/privacidade",
    },
    brand={
        "colour": "#f2b32a",
        "background": "#fff8ea",
        "font": "rounded",
        "radius": 28,
        "banner_title": "Seu próximo pacote",
        "banner_text": "Frete grátis na assinatura mensal, enquanto este chega.",
        "banner_code": "TORRA1",
        "links": [{"label": "Loja", "url": "https://torraclara.example"}],
        "social": [{"label": "Telegram", "url": "https://telegram.example/torraclara"}],
    },
    articles=(
        ("Café Sítio da Serra", "250 g · em grãos", "42.00"),
        ("Café Bourbon Amarelo", "500 g · moído para coador", "79.90"),
        ("Coador de pano", "Tamanho 2", "24.50"),
        ("Xícara de ágata", "180 ml", "31.00"),
        ("Assinatura do mês", "2 × 250 g", "76.00"),
    ),
    emblem="sun",
)

SHOPS = (BARRO, PENTES, TORRA)
