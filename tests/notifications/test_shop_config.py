"""The command an operator and CI use: a file out, what differs by exit code, in, and back."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from notifications.models import ConfigChange
from notifications.services.rules import set_rule
from tenants.isolation import shop_context
from tenants.services import Actor
from tests import make
from tracking.services.shops import apply_preset

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BY = Actor("user:1", "admin")


@pytest.fixture
def shop():
    made = make.shop()
    with shop_context(made.pk):
        apply_preset(shop=made, preset="simple4", by=BY, now=NOW)
        set_rule(shop=made, state="shipped", channel="email", enabled=False, by=BY, now=NOW)
    return made


def run(*args, **options):
    """What it told the shell."""
    try:
        call_command("shop_config", *args, **options)
    except SystemExit as ended:
        return ended.code
    except CommandError as error:
        return error.returncode, str(error)
    return 0


def test_a_file_goes_out_is_compared_brought_in_and_taken_back(shop, tmp_path, capsys):
    file = tmp_path / "shop.yaml"
    assert run("export", shop.slug, str(file)) == 0
    held = file.read_text()
    assert run("diff", shop.slug, str(file)) == 0
    file.write_text(held.replace("enabled: false", "enabled: true"))
    capsys.readouterr()
    assert run("diff", shop.slug, str(file)) == 1
    assert "- Rules: shipped:email" in capsys.readouterr().out.replace("~", "-")
    assert run("diff", shop.slug, str(file)) == 1  # looking changes nothing
    assert run("apply", shop.slug, str(file), note="CI") == 0
    assert run("diff", shop.slug, str(file)) == 0
    with shop_context(shop.pk):
        (change,) = ConfigChange.objects.for_shop(shop)
    assert (change.by, change.note) == ("system", "CI")
    assert run("rollback", shop.slug) == 0
    capsys.readouterr()
    run("export", shop.slug)
    assert capsys.readouterr().out == held


def test_what_is_wrong_is_told_with_file_and_line(shop, tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text("format: 1\nbounds:\n  sale_days: never\n")
    for action in ("diff", "apply"):
        assert run(action, shop.slug, str(file)) == (2, f"{file}:3: A number from 0 to 365.")
    assert run("diff", shop.slug, str(tmp_path / "nothing.yaml"))[0] == 2
    assert run("export", "no-such-shop")[0] == 2
    assert run("rollback", shop.slug)[0] == 2
