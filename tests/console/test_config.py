"""The configuration page: a file out, looked at, in, taken back; copied from another shop of one's own, and from no other."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from notifications.models import ConfigChange, MessageSetup
from notifications.services import templates
from notifications.services.config_file import export
from tenants.isolation import shop_context
from tenants.models import Role
from tenants.services import SYSTEM
from tests import make
from tests.console.clients import signed_in, visitor
from tracking.services.shops import apply_preset

pytestmark = pytest.mark.django_db


def furnished(**fields):
    shop = make.shop(language="en", languages=["en"], country="GB", **fields)
    with shop_context(shop.pk):
        apply_preset(shop=shop, preset="simple4", by=SYSTEM, now=make.NOW)
        content = {
            "subject": {"en": "On its way"},
            "blocks": [{"id": "text", "kind": "text", "text": {"en": "Hello"}}],
        }
        templates.publish(shop=shop, key="shipped", channel="email", content=content, by=SYSTEM)
    return shop


@pytest.fixture
def shop():
    return furnished()


def url(name, shop, *more):
    return reverse(f"console:{name}", args=[shop.slug, *more])


def file_of(text):
    return SimpleUploadedFile("shop.yaml", text.encode(), "application/yaml")


def held(shop):
    with shop_context(shop.pk):
        return export(shop)


def field(said, name):
    return said.partition(f'name="{name}" value="')[2].partition('"')[0]


def test_a_file_goes_out_is_looked_at_comes_in_and_is_taken_back(shop):
    browser = signed_in(shop, Role.ADMIN)
    out = browser.get(url("config_export", shop))
    assert out["Content-Disposition"] == f'attachment; filename="{shop.slug}.yaml"'
    before = out.content.decode()
    assert before == held(shop)
    text = before.replace("Hello", "Good <b>day</b>").replace("sale_days: 7", "sale_days: 9")
    looked = browser.post(url("config_look", shop), {"file": file_of(text)})
    said = looked.content.decode()
    assert looked.status_code == 200
    assert "<ins>Good</ins>" in said.replace("<ins>Good &lt;b&gt;day&lt;/b&gt;</ins>", "<ins>Good</ins>")
    assert "<b>day</b>" not in said
    assert "Make 2 changes" in said
    assert held(shop) == before
    posted = {"text": text.replace("\n", "\r\n"), "seen": field(said, "seen"), "note": field(said, "note")}
    answer = browser.post(url("config_apply", shop), posted, follow=True)
    assert "Brought in: 2 changes." in answer.content.decode()
    assert held(shop) == text
    with shop_context(shop.pk):
        (change,) = ConfigChange.objects.for_shop(shop)
    assert change.note == "shop.yaml"
    assert "sale_days" in browser.get(url("config_change", shop, change.pk)).content.decode()
    said = browser.post(url("config_look", shop), {"back": change.pk}).content.decode()
    assert "As it was before the change of" in said
    browser.post(url("config_apply", shop), {"back": change.pk, "seen": field(said, "seen")})
    assert held(shop) == before


def test_what_is_wrong_is_shown_with_its_line_and_nothing_is_changed(shop):
    before = held(shop)
    wrong = before.replace("sale_days: 7", "sale_days: soon").replace("most_a_day: 6", "most_a_day: 9")
    browser = signed_in(shop, Role.ADMIN)
    for name in ("config_look", "config_apply"):
        answer = browser.post(url(name, shop), {"file": file_of(wrong)})
        said = answer.content.decode()
        assert answer.status_code == 422
        number = wrong.split("\n").index("  sale_days: soon") + 1
        assert f"Line {number}" in said
        assert "<code>sale_days: soon</code>" in said
    assert held(shop) == before


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"", b"x" * 600_000, b"format: 1\nrules: &a\n"])
def test_what_is_no_configuration_is_refused(shop, data):
    answer = signed_in(shop, Role.ADMIN).post(
        url("config_look", shop), {"file": SimpleUploadedFile("x.yaml", data)}
    )
    assert answer.status_code == 422
    assert "cannot be brought in" in answer.content.decode()


def test_a_change_in_the_meantime_is_not_written_over(shop):
    browser = signed_in(shop, Role.ADMIN)
    text = held(shop).replace("sale_days: 7", "sale_days: 9")
    said = browser.post(url("config_look", shop), {"file": file_of(text)}).content.decode()
    with shop_context(shop.pk):
        MessageSetup.objects.update_or_create(shop=shop, defaults={"most_a_day": 2})
    answer = browser.post(url("config_apply", shop), {"text": text, "seen": field(said, "seen")})
    assert answer.status_code == 422
    assert "changed in the meantime" in answer.content.decode()
    assert "most_a_day: 2" in held(shop)


def test_it_is_copied_from_a_shop_where_one_is_admin_too(shop):
    other, strange = furnished(name="Other shop"), furnished(name="Strange shop")
    member = make.member(shop, Role.ADMIN)
    make.member(other, Role.ADMIN, user=member.user)
    make.member(strange, Role.AGENT, user=member.user)
    with shop_context(other.pk):
        MessageSetup.objects.update_or_create(shop=other, defaults={"sale_days": 3})
    browser = visitor()
    browser.force_login(member.user)
    said = browser.get(url("config", shop)).content.decode()
    assert "Other shop" in said
    assert "Strange shop" not in said
    for name in ("config_look", "config_apply"):
        assert browser.post(url(name, shop), {"source": strange.slug}).status_code == 404
    said = browser.post(url("config_look", shop), {"source": other.slug}).content.decode()
    assert "Copied from Other shop" in said
    browser.post(
        url("config_apply", shop), {"source": other.slug, "seen": field(said, "seen"), "text": held(other)}
    )
    assert "sale_days: 3" in held(shop)


def test_who_is_no_admin_finds_no_such_page_and_histories_do_not_mix(shop):
    rival = furnished()
    with shop_context(rival.pk):
        change = ConfigChange.objects.create(
            shop=rival, before="format: 1\n", after="format: 1\n", by="system"
        )
    for name in ("config", "config_export"):
        assert signed_in(shop, Role.AGENT).get(url(name, shop)).status_code == 404
    browser = signed_in(shop, Role.ADMIN)
    assert browser.get(url("config_change", shop, change.pk)).status_code == 404
    assert browser.post(url("config_look", shop), {"back": change.pk}).status_code == 404
