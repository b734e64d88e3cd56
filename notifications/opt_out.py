"""What a shopper answers to a text message: stop, start again, help. In the six languages. Pure."""

from __future__ import annotations

import unicodedata

STOP, START, HELP = "STOP", "START", "HELP"
# Words Twilio itself acts on and answers, on long codes: https://www.twilio.com/docs/proxy/opt-out-keywords
OF_TWILIO = frozenset(
    "stop stopall unsubscribe cancel end quit optout revoke start yes unstop help info arret arrete".split()  # noqa: SIM905
)
WORDS: dict[str, frozenset[str]] = {
    STOP: frozenset(
        "stop stopall unsubscribe cancel end quit optout revoke baja parar alto cancelar basta para sair pare "  # noqa: SIM905
        "remover arret arrete arreter desabonner desinscrire annuler ferma fermare annulla cancella "
        "disiscrivi disiscrivimi stopp halt ende abmelden aufhoren abbestellen".split()
    ),
    START: frozenset(
        "start yes unstop alta reanudar iniciar retomar reprendre reprise riprendi inizia starten".split()  # noqa: SIM905
    ),
    HELP: frozenset(
        "help info ayuda ajuda aide aiuto hilfe".split()  # noqa: SIM905
    ),
}


def meant_by(body: str, opt_out_type: str = "") -> str:
    """STOP, START, HELP, or empty. Twilio's own reading counts for more; else the whole message is one of the words."""
    if opt_out_type.upper() in WORDS:
        return opt_out_type.upper()
    said = word_in(body)
    return next((meaning for meaning, words in WORDS.items() if said in words), "")


def word_in(body: str) -> str:
    """The message as one word without accents and signs: « Arrêt ! » → arret."""
    plain = unicodedata.normalize("NFKD", body[:40]).casefold()
    return "".join(c for c in plain if c.isalnum() and not unicodedata.combining(c)) if len(body) < 40 else ""


def is_answered_by_twilio(body: str, opt_out_type: str = "") -> bool:
    return bool(opt_out_type) or word_in(body) in OF_TWILIO
