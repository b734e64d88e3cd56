"""Which carriers shops of a country mostly ship with, the most usual first: they head the list. Data."""

POPULAR: dict[str, tuple[str, ...]] = {
    "AU": ("australia_post", "startrack", "toll", "aramex_au", "couriers_please", "dhl_express", "sendle"),
    "BE": ("bpost", "dpd", "gls_group", "mondial_relay", "dhl", "ups"),
    "BR": ("correios_br", "jadlog", "loggi", "total_express", "jt_br", "melhor_envio", "azul_cargo", "braspress"),
    "CA": ("canada_post", "purolator", "ups", "fedex", "canpar", "dhl_express", "intelcom"),
    "DE": ("dhl", "hermes_de", "dpd_de", "gls_group", "ups", "deutsche_post", "fedex"),
    "ES": (
        "correos_es", "correos_express", "seur", "mrw", "gls_es", "nacex", "ctt_express", "dhl_parcel_es", "tipsa",
        "ups", "paack", "envialia", "zeleris",
    ),
    "FR": ("laposte", "chronopost", "mondial_relay", "colis_prive", "dpd_fr", "gls_fr", "relais_colis", "ups", "dhl"),
    "GB": ("royal_mail", "evri", "dpd_uk", "parcelforce", "yodel", "ups", "dhl_express", "fedex"),
    "IT": ("poste_italiane", "brt", "gls_it", "sda", "dhl_express", "ups", "tnt_it", "fedex", "nexive"),
    "MX": ("estafeta", "fedex", "dhl_express", "redpack", "paquetexpress", "99minutos", "ups", "jt_mx", "correos_mx"),
    "NL": ("postnl", "dhl", "dpd", "gls_group", "ups", "mondial_relay"),
    "PL": ("inpost", "dpd_pl", "poczta_polska", "orlen_paczka", "gls_group", "dhl", "ups"),
    "PT": ("ctt_express", "ctt_pt", "ctt_expresso", "dpd_pt", "gls_pt", "mrw", "seur", "nacex", "correos_express", "ups"),
    "US": ("usps", "ups", "fedex", "dhl_express", "ontrac", "lasership", "amazon"),
}  # fmt: skip


def places_in(country: str) -> dict[str, int]:
    """How far up a carrier stands among those of a country; the less usual ones are left out."""
    return {code: place for place, code in enumerate(POPULAR.get(country, ()))}
