"""What somebody wrote in a mail, without what they answered to. Pure, and in doubt it keeps too much."""

from __future__ import annotations

import re

# A line over the quoted mail, as mail programs of six languages write it: it may run over three lines.
HEADERS = re.compile(
    r"""^(?:
      on\s.{4,200}\swrote\s?: |
      el\s.{4,200}\sescribi[óo]\s?: |
      em\s.{4,200}\sescreveu\s?: |
      le\s.{4,200}\sa\s[ée]crit\s?: |
      il\s.{4,200}\sha\sscritto\s?: |
      am\s.{4,200}\s(?:schrieb|hat).{0,120}: |
      .{4,160}\s(?:schrieb|escribi[óo]|a\s[ée]crit|ha\sscritto|escreveu|wrote)(?:\sam\s.{4,60})?\s?:
    )$""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
OPENS = re.compile(r"^(?:on|el|em|le|il|am)\s", re.IGNORECASE)
# Where Outlook and its like begin what was before.
RULES = re.compile(
    r"^(?:-{2,}\s*(?:original message|mensaje original|mensagem original|message d.origine|messaggio originale|"
    r"urspr[üu]ngliche nachricht|forwarded message|mensaje reenviado)\s*-{2,}|_{10,}|-- ?)$",
    re.IGNORECASE,
)
FIELDS = re.compile(r"^\*?(?:from|de|da|von|van)\s?:\*?\s.+", re.IGNORECASE)
THEN = re.compile(
    r"^\*?(?:sent|date|enviado|enviado el|envoy[ée]|inviato|gesendet|fecha|data|datum)\s?:", re.IGNORECASE
)
MOST_LINES, MOST_CHARACTERS = 2000, 60_000


def without_quotes(text: str) -> str:
    """The new words of a reply. Where nothing but quotes is left, the whole text: better twice than lost."""
    lines = (
        text[:MOST_CHARACTERS]
        .replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\xa0", " ")
        .split("\n")[:MOST_LINES]
    )
    kept = lines[: _end(lines)]
    while kept and (not kept[-1].strip() or kept[-1].lstrip().startswith(">")):
        kept.pop()
    said = "\n".join(line for line in kept if not line.lstrip().startswith(">")).strip()
    return said or text[:MOST_CHARACTERS].strip()


def _end(lines: list[str]) -> int:
    """The line where the quoted mail begins."""
    for number, line in enumerate(lines):
        said = line.strip()
        if RULES.match(line.rstrip("\n")) or RULES.match(said):
            return number
        if FIELDS.match(said) and any(THEN.match(next_.strip()) for next_ in lines[number + 1 : number + 4]):
            return number
        if said and _heads(lines, number):
            return number
    return len(lines)


def _heads(lines: list[str], number: int) -> bool:
    """Whether a header begins here, on one line or on up to three, and what follows is quoted or the end."""
    for length in (1, 2, 3):
        parts = [line.strip() for line in lines[number : number + length]]
        if length > 1 and not (all(parts) and OPENS.match(parts[0])):
            return False
        whole = " ".join(parts)
        if len(whole) <= 260 and HEADERS.match(whole):
            rest = [line.strip() for line in lines[number + length :] if line.strip()]
            return (
                not rest
                or rest[0].startswith(">")
                or "@" in whole
                or bool(re.search(r"\d{1,2}[:.]\d\d", whole))
            )
    return False
