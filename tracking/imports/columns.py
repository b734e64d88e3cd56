"""What can be brought of an order, and by which names files call it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Field:
    """`names`: what files call it, in plain words, the most telling first."""

    name: str
    label: str | Promise
    group: str
    names: tuple[str, ...]


GROUPS: dict[str, Promise] = {
    "order": _("The order"),
    "steps": _("How far it is"),
    "parcel": _("Its parcel"),
    "customer": _("The customer"),
    "address": _("Where it goes"),
    "lines": _("What was bought: a row an article"),
}
NEEDED = ("number",)  # new orders need `placed_at` as well
LINES = ("line_title", "line_sku", "line_variant", "line_quantity", "line_price")
MOMENTS = (
    "placed_at", "paid_at", "cancelled_at", "handed_over_at", "delivered_at", "returned_at", "invoiced_at",
)  # fmt: skip
AMOUNTS = ("total", "line_price")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


FIELDS: tuple[Field, ...] = (
    Field("number", _("Order number"), "order", _names(
        "order number, number, order no, order nr, order, order id, order ref, order reference, numero de pedido,"
        "numero pedido, num pedido, n pedido, no pedido, n de pedido, pedido, id pedido, pedido id,"
        "referencia pedido, referencia, reference, numero do pedido, numero de commande, n de commande, commande,"
        "reference commande, id commande, increment id, id")),
    Field("placed_at", _("Placed"), "order", _names(
        "placed at, placed, order date, ordered at, order placed at, order purchase timestamp, purchase timestamp,"
        "purchase date, purchased at, date placed, created at, date created, creation date, order created,"
        "fecha de pedido, fecha pedido, fecha del pedido, fecha de compra, fecha compra, fecha de creacion,"
        "data do pedido, data da compra, data pedido, date de commande, date commande, date de la commande,"
        "date d achat, date add, date, fecha, data")),
    Field("channel", _("Channel"), "order", _names(
        "channel, sales channel, source, marketplace, store, canal, canal de venta, tienda, canal de venda, loja,"
        "canal de vente, place de marche, boutique")),
    Field("external_id", _("Identifier in the shop’s system"), "order", _names(
        "external id, platform id, store id, shop id, entity id, id externo, identificador, id externe")),
    Field("total", _("Total"), "order", _names(
        "total, order total, grand total, total price, total paid, amount, total amount, price, importe, importe total,"
        "total pedido, precio, valor total, valor, montant, montant total, total ttc, prix, prix total")),
    Field("currency", _("Currency"), "order", _names("currency, currency code, moneda, divisa, moeda, devise")),
    Field("tags", _("Tags"), "order", _names("tags, labels, etiquetas, etiquettes, mots cles")),
    Field("coupons", _("Coupons used"), "order", _names(
        "coupons, coupon, coupon code, coupon codes, discount code, discount codes, voucher, voucher code, promo code,"
        "cupon, cupones, codigo de descuento, codigo descuento, codigo promocional, cupom, cupons, codigo de desconto,"
        "code promo, code de reduction, bon de reduction, codes promo")),
    Field("wants_marketing", _("Wants offers"), "customer", _names(
        "wants marketing, accepts marketing, marketing consent, marketing opt in, buyer accepts marketing, newsletter,"
        "acepta marketing, acepta publicidad, acepta comunicaciones, aceita marketing, aceita publicidade,"
        "accepte le marketing, accepte la publicite")),
    Field("status", _("State"), "steps", _names(
        "status, order status, order state, fulfillment status, shipping status, estado, estado del pedido,"
        "estado pedido, situacion, status do pedido, situacao, statut, statut commande, etat, etat de la commande")),
    Field("paid_at", _("Paid"), "steps", _names(
        "paid at, payment date, date paid, approved at, order approved at, payment approved at, fecha de pago,"
        "fecha pago, pagado, data do pagamento, data de pagamento, date de paiement, paye le")),
    Field("invoiced_at", _("Invoiced"), "steps", _names(
        "invoiced at, invoice date, fecha de factura, fecha factura, data da fatura, data da nota, date de facture")),
    Field("invoice", _("Invoice number"), "steps", _names(
        "invoice number, invoice no, invoice, factura, numero de factura, n factura, nota fiscal, fatura, facture,"
        "numero de facture, n de facture")),
    Field("handed_over_at", _("Handed to the carrier"), "steps", _names(
        "handed over at, shipped at, ship date, shipped date, shipping date, date shipped, dispatched at,"
        "dispatch date, fulfilled at, order delivered carrier date, delivered carrier date, fecha de envio,"
        "fecha envio, enviado el, fecha de expedicion, data de envio, data do envio, data de postagem, enviado em,"
        "date d expedition, date expedition, date d envoi, expedie le")),
    Field("delivered_at", _("Delivered"), "steps", _names(
        "delivered at, delivery date, date delivered, delivered date, delivered on, order delivered customer date,"
        "delivered customer date, fecha de entrega, fecha entrega, entregado el, data de entrega, data da entrega,"
        "entregue em, date de livraison, livre le")),
    Field("returned_at", _("Back at the shop"), "steps", _names(
        "returned at, return date, date returned, fecha de devolucion, devuelto el, data de devolucao, devolvido em,"
        "date de retour, retourne le")),
    Field("cancelled_at", _("Cancelled"), "steps", _names(
        "cancelled at, canceled at, cancellation date, date cancelled, fecha de cancelacion, cancelado el,"
        "data de cancelamento, cancelado em, date d annulation, annule le")),
    Field("promised_date", _("Day promised"), "steps", _names(
        "promised date, promised, estimated delivery date, order estimated delivery date, estimated delivery,"
        "expected delivery, expected delivery date, eta, fecha prometida, fecha estimada de entrega,"
        "entrega estimada, fecha prevista, data prevista, previsao de entrega, data estimada de entrega,"
        "date de livraison prevue, date de livraison estimee, livraison prevue")),
    Field("restock_date", _("Day of the new stock"), "steps", _names(
        "restock date, available from, availability date, fecha de reposicion, disponible el, data de reposicao,"
        "date de reapprovisionnement")),
    Field("tracking_number", _("Tracking number"), "parcel", _names(
        "tracking number, tracking no, tracking, tracking code, tracking id, awb, waybill, shipment number,"
        "numero de seguimiento, n seguimiento, seguimiento, codigo de seguimiento, localizador, numero de envio,"
        "codigo de rastreio, codigo de rastreamento, rastreio, numero de suivi, n de suivi, suivi, code de suivi")),
    Field("carrier", _("Carrier"), "parcel", _names(
        "carrier, carrier name, shipping carrier, courier, tracking company, shipping company, transportista,"
        "empresa de transporte, agencia de transporte, agencia, mensajeria, transportadora, transporteur")),
    Field("service", _("Service"), "parcel", _names(
        "service, shipping method, shipping service, delivery method, metodo de envio, servicio, tipo de envio,"
        "metodo de envio, servico, forma de envio, mode de livraison, methode de livraison")),
    Field("expected_parcels", _("Number of parcels"), "parcel", _names(
        "expected parcels, parcels, number of parcels, packages, bultos, numero de bultos, paquetes, volumes,"
        "n de volumes, colis, nombre de colis")),
    Field("customer_name", _("Name"), "customer", _names(
        "customer name, customer, shipping name, recipient, recipient name, full name, billing name, client, buyer,"
        "nombre del cliente, nombre cliente, nombre y apellidos, cliente, destinatario, nombre, nome do cliente,"
        "nome cliente, nome completo, nome, nom du client, nom client, destinataire, first name, customer first name,"
        "shipping first name, billing first name, prenom, name")),
    Field("customer_surname", _("Surname, in a column of its own"), "customer", _names(
        "last name, surname, customer last name, shipping last name, billing last name, apellidos, apellido,"
        "sobrenome, nom de famille, nom")),
    Field("customer_email", _("E-mail"), "customer", _names(
        "customer email, email, e mail, email address, billing email, mail, correo, correo electronico,"
        "email cliente, email do cliente, courriel, adresse email, adresse e mail")),
    Field("customer_phone", _("Phone"), "customer", _names(
        "customer phone, phone, phone number, telephone, mobile, shipping phone, billing phone, telefono, movil,"
        "telefono movil, telefone, celular, tel, portable")),
    Field("language", _("Language"), "customer", _names(
        "language, locale, customer language, idioma, lengua, lingua, langue")),
    Field("address_line", _("Street and number"), "address", _names(
        "address line, address, address 1, address1, shipping address, shipping address1, shipping address 1,"
        "shipping street, street, direccion, direccion de envio, direccion 1, calle, domicilio, endereco, rua,"
        "adresse, adresse 1, adresse de livraison, rue")),
    Field("address_extra", _("Floor, door, how to get in"), "address", _names(
        "address extra, address 2, address2, shipping address2, shipping address 2, direccion 2, complemento,"
        "adresse 2, complement d adresse, complement")),
    Field("postal_code", _("Postal code"), "address", _names(
        "postal code, postcode, zip, zip code, shipping zip, shipping postcode, customer zip code prefix,"
        "customer zip code, codigo postal, cp, c p, cep, code postal")),
    Field("city", _("Town"), "address", _names(
        "city, town, shipping city, customer city, ciudad, poblacion, localidad, municipio, cidade, municipio,"
        "ville, commune")),
    Field("region", _("Region"), "address", _names(
        "region, state, state province, province, shipping province, shipping state, customer state, provincia,"
        "comunidad autonoma, uf, estado uf, departement")),
    Field("country", _("Country"), "address", _names(
        "country, country code, shipping country, shipping country code, customer country, pais, codigo pais, pays,"
        "code pays")),
    Field("line_title", _("Article"), "lines", _names(
        "line title, lineitem name, product, product name, item name, item, article, articulo, producto,"
        "nombre del producto, produto, nome do produto, produit, nom du produit")),
    Field("line_sku", _("Article code"), "lines", _names(
        "line sku, sku, lineitem sku, product sku, article code, product code, referencia producto, codigo articulo,"
        "codigo do produto, reference produit, code article, ean")),
    Field("line_variant", _("Variant"), "lines", _names(
        "line variant, variant, option, variante, opcion, variacao, declinaison")),
    Field("line_quantity", _("Units"), "lines", _names(
        "line quantity, quantity, qty, lineitem quantity, units, cantidad, unidades, uds, quantidade, quantite, qte")),
    Field("line_price", _("Price each"), "lines", _names(
        "line price, lineitem price, unit price, item price, price each, precio unitario, preco unitario,"
        "prix unitaire")),
)  # fmt: skip
BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Small letters and digits, without accents: "Nº de Pedido" → "n de pedido", "orderNumber" → "order number"."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    spread = unicodedata.normalize("NFKD", text.casefold().replace("º", "").replace("°", ""))
    spread = "".join(c for c in spread if not unicodedata.combining(c))
    return " ".join(re.sub(r"[\W_]+", " ", spread).split())


def guessed(columns: Sequence[str]) -> dict[str, str]:
    """Which column is which of our fields, as far as names tell. A column is used once."""
    by_plain: dict[str, str] = {}
    for column in columns:
        by_plain.setdefault(plain(column), column)
    mapping: dict[str, str] = {}
    taken: set[str] = set()
    for _rank, position, name in sorted(_candidates(by_plain)):
        field = FIELDS[position].name
        if field not in mapping and by_plain[name] not in taken:
            mapping[field] = by_plain[name]
            taken.add(by_plain[name])
    return {field.name: mapping[field.name] for field in FIELDS if field.name in mapping}


def _candidates(by_plain: Iterable[str]) -> Iterable[tuple[int, int, str]]:
    """Every field a column could be; the more telling the name, the sooner."""
    known = set(by_plain)
    for position, field in enumerate(FIELDS):
        for rank, name in enumerate(field.names):
            if name in known:
                yield rank, position, name
