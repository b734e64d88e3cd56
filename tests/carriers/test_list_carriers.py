"""The page that lists the carriers says what there is."""

from pathlib import Path

from django.conf import settings

from carriers.management.commands.list_carriers import page


def test_the_page_of_carriers_is_up_to_date() -> None:
    written = Path(settings.BASE_DIR, "docs", "carriers.md").read_text()
    assert written == page(), "run: manage.py list_carriers > docs/carriers.md"
