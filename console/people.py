"""Who did something, in words: the audit's actors by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from tenants.models import User


def people(actors: Iterable[str]) -> Mapping[str, str]:
    """Each actor's name: `user:12`, `key:rastro_live_ab12cd34`, `system`. One query."""
    actors = set(actors)
    ids = {
        int(pk) for kind, _c, pk in (a.partition(":") for a in actors) if kind == "user" and pk.isdecimal()
    }
    names = {f"user:{user.pk}": user.get_full_name() for user in User.objects.filter(pk__in=ids)}
    return {actor: names.get(actor) or _other(actor) for actor in actors}


def _other(actor: str) -> str:
    kind, _colon, name = actor.partition(":")
    if kind == "key":
        return _("API key %(prefix)s") % {"prefix": name}
    return _("Somebody no longer here") if kind == "user" else _("Rastro itself")
