"""Translations are compiled without GNU gettext, and only where they changed."""

import gettext
import os

import pytest
from babel.messages.pofile import PoFileError
from django.core.management import call_command
from django.core.management.base import CommandError

from config import translations

PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Delivered"
msgstr "Entregado"

msgid "%(n)s parcel"
msgid_plural "%(n)s parcels"
msgstr[0] "%(n)s paquete"
msgstr[1] "%(n)s paquetes"

#, fuzzy
msgid "In transit"
msgstr "Perdido"
"""


@pytest.fixture
def po(tmp_path):
    path = tmp_path / "es" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(PO)
    return path


def read(po):
    with po.with_suffix(".mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def test_words_and_plurals_are_translated(po):
    translations.compile_files([po])

    spanish = read(po)
    assert spanish.gettext("Delivered") == "Entregado"
    assert [spanish.ngettext("%(n)s parcel", "%(n)s parcels", n) for n in (1, 2)] == [
        "%(n)s paquete",
        "%(n)s paquetes",
    ]


def test_a_guess_is_not_a_translation(po):
    translations.compile_files([po])

    assert read(po).gettext("In transit") == "In transit"


def test_only_what_changed_is_compiled_again(po, tmp_path):
    assert translations.stale(tmp_path) == [po]
    translations.compile_files([po])
    assert translations.stale(tmp_path) == []

    later = po.with_suffix(".mo").stat().st_mtime + 5
    os.utime(po, (later, later))
    assert translations.stale(tmp_path) == [po]


def test_a_broken_file_leaves_the_compiled_one_alone(po):
    translations.compile_files([po])
    before = po.with_suffix(".mo").read_bytes()
    po.write_text("Delivered = Entregado")

    with pytest.raises(PoFileError):
        translations.compile_files([po])
    assert po.with_suffix(".mo").read_bytes() == before


def test_the_command_compiles_and_names_the_file_it_cannot_read(po, tmp_path, settings, capsys):
    settings.LOCALE_PATHS = [tmp_path]

    call_command("compile_po")
    assert capsys.readouterr().out == "es/LC_MESSAGES/django.po\n"

    po.write_text("Delivered = Entregado")
    later = po.with_suffix(".mo").stat().st_mtime + 5
    os.utime(po, (later, later))
    with pytest.raises(CommandError, match=r"es/LC_MESSAGES/django\.po"):
        call_command("compile_po")
