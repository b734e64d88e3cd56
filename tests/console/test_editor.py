"""The editor: drafts by forms, texts refused beside their field, two editors, publishing, versions, tests, images."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from notifications.models import (
    ChannelAccount,
    Message,
    MessageSetup,
    Picture,
    Rule,
    Template,
    TemplateVersion,
)
from notifications.services.templates import design_of
from tenants.isolation import shop_context
from tenants.models import AuditEntry, Role, Shop
from tests import make
from tests.console.clients import signed_in

pytestmark = pytest.mark.django_db
SCRIPT = {"X-Editor": "1"}


@pytest.fixture
def shop() -> Shop:
    return make.shop()


@pytest.fixture
def admin(shop: Shop) -> Client:
    return signed_in(shop, Role.ADMIN)


def address(shop: Shop, name: str, *parts: Any) -> str:
    return reverse(f"console:{name}", args=[shop.slug, *(parts or ("shipped", "email", "es"))])


def draft(shop: Shop, key: str = "shipped", channel: str = "email") -> dict[str, Any]:
    with shop_context(shop.pk):
        held = Template.objects.get(key=key, channel=channel)
        return held.draft or design_of(shop, key, channel).content  # type: ignore[no-any-return]


def kinds(content: dict[str, Any]) -> list[str]:
    return [block["kind"] for block in content["blocks"]]


def act(admin: Client, shop: Shop, value: str, turn: int, block: str = "", **said: Any) -> Any:
    where = f"{address(shop, 'template_edit')}?block={block}"
    return admin.post(where, {"act": value, "turn": turn, **said}, headers=SCRIPT)


def test_a_form_puts_a_block_in_moves_it_and_takes_it_out_and_the_draft_waits(
    shop: Shop, admin: Client
) -> None:
    edit = address(shop, "template_edit")
    answer = admin.post(edit, {"act": "add:stars", "turn": 0})
    assert (answer.status_code, answer["Location"]) == (302, f"{address(shop, 'template')}?block=stars")
    assert kinds(draft(shop))[-2:] == ["stars", "footer"]
    admin.post(edit, {"act": "up:stars", "turn": 1})
    assert kinds(draft(shop))[-3:] == ["stars", "banner", "footer"]
    admin.post(edit, {"act": "move:stars:0", "turn": 2})
    assert kinds(draft(shop))[0] == "stars"
    admin.post(edit, {"act": "remove:stars", "turn": 3})
    assert "stars" not in kinds(draft(shop))
    with shop_context(shop.pk):
        assert not TemplateVersion.objects.exists()


def test_undo_and_redo_go_many_steps_and_survive_a_reload(shop: Shop, admin: Client) -> None:
    for turn, value in enumerate(("add:stars", "add:social", "remove:logo")):
        assert act(admin, shop, value, turn).status_code == 200
    act(admin, shop, "undo", 3)
    act(admin, shop, "undo", 4)
    assert {"stars", "logo"} <= set(kinds(draft(shop))) and "social" not in kinds(draft(shop))
    answer = act(admin, shop, "redo", 5).json()
    assert "social" in kinds(draft(shop)) and answer["turn"] == 6
    act(admin, shop, "undo", 6)
    act(admin, shop, "undo", 7)
    act(admin, shop, "undo", 8)
    with shop_context(shop.pk):
        assert Template.objects.get().draft is None  # as it is sent


def test_what_is_typed_is_one_step_and_goes_in_one_language(shop: Shop, admin: Client) -> None:
    for turn, text in enumerate(("H", "Hola", "Hola {{ customer.first_name }}")):
        answer = act(admin, shop, "save", turn, "text", text=text, align="left")
        assert answer.status_code == 200, answer.content
    said = next(b for b in draft(shop)["blocks"] if b["id"] == "text")["text"]
    assert said["es"] == "Hola {{ customer.first_name }}" and said["en"].startswith("{%")
    act(admin, shop, "undo", 3)
    with shop_context(shop.pk):
        assert Template.objects.get().draft is None


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("{{ order.colour }}", "No message has this: {{ order.colour }}"),
        ("{{ order.number", "cannot be read"),
    ],
)
def test_a_variable_no_message_has_is_refused_beside_its_field(
    shop: Shop, admin: Client, said: str, sentence: str
) -> None:
    answer = act(admin, shop, "save", 0, "text", text=said)
    assert answer.status_code == 422
    assert sentence in answer.json()["refused"] and answer.json()["field"] == "text"
    plain = admin.post(
        f"{address(shop, 'template_edit')}?block=text", {"act": "save", "turn": 0, "text": said}
    )
    page = plain.content.decode()
    assert plain.status_code == 422 and sentence in page and said in page
    with shop_context(shop.pk):
        assert not Template.objects.exclude(draft=None).exists()


def test_the_second_of_two_editors_is_told_and_loses_nothing(shop: Shop, admin: Client) -> None:
    other = signed_in(shop, Role.OWNER)
    act(other, shop, "add:social", 0)
    late = act(admin, shop, "save", 0, "text", text="Lo mío", align="left")
    assert late.status_code == 409 and late.json()["turn"] == 1
    assert "has changed this draft meanwhile" in late.json()["overtaken"]
    plain = admin.post(
        f"{address(shop, 'template_edit')}?block=text",
        {"act": "save", "turn": 0, "text": "Lo mío", "align": "left"},
    )
    assert plain.status_code == 409 and "Lo mío" in plain.content.decode()
    assert act(admin, shop, "save", 1, "text", text="Lo mío", align="left").status_code == 200
    assert "social" in kinds(draft(shop)) and "Lo mío" in json.dumps(draft(shop), ensure_ascii=False)


def test_publishing_sends_the_draft_keeps_a_version_and_says_who(shop: Shop, admin: Client) -> None:
    act(admin, shop, "save", 0, "text", text="Primera", align="left")
    answer = admin.post(address(shop, "template_publish"), {"turn": 1, "note": "Otoño"})
    assert answer.status_code == 302
    with shop_context(shop.pk):
        version = TemplateVersion.objects.get()
        assert (version.number, version.note) == (1, "Otoño")
        assert "Primera" in json.dumps(design_of(shop, "shipped", "email").content)
        assert AuditEntry.objects.filter(action="template.changed").count() == 1
        turn = Template.objects.get().draft_turn
    act(admin, shop, "save", turn, "text", text="Segunda vez", align="left")
    admin.post(address(shop, "template_publish"), {"turn": turn + 1})
    page = admin.get(f"{address(shop, 'template_versions')}?of=2&than=1").content.decode()
    assert "<del>Primera</del><ins>Segunda vez</ins>" in page and "Otoño" in page
    admin.post(address(shop, "template_back"), {"number": 1})
    with shop_context(shop.pk):
        assert TemplateVersion.objects.order_by("-number").first().number == 3
        assert "Primera" in json.dumps(design_of(shop, "shipped", "email").content)
    admin.post(address(shop, "template_default"))
    with shop_context(shop.pk):
        assert design_of(shop, "shipped", "email").version is None


def test_a_stale_page_publishes_nothing(shop: Shop, admin: Client) -> None:
    act(admin, shop, "add:social", 0)
    act(admin, shop, "add:stars", 1)
    admin.post(address(shop, "template_publish"), {"turn": 1})
    with shop_context(shop.pk):
        assert not TemplateVersion.objects.exists()


def test_what_stops_a_message_is_not_published(shop: Shop, admin: Client) -> None:
    for code in shop.languages:
        admin.post(
            reverse("console:template_edit", args=[shop.slug, "shipped", "email", code]),
            {"act": "save", "turn": shop.languages.index(code), "subject": ""},
        )
    answer = admin.post(address(shop, "template_publish"), {"turn": 2}, follow=True)
    assert "The subject is empty" in answer.content.decode()
    with shop_context(shop.pk):
        assert not TemplateVersion.objects.exists()


def test_a_discarded_draft_leaves_what_is_sent(shop: Shop, admin: Client) -> None:
    act(admin, shop, "add:social", 0)
    admin.post(address(shop, "template_discard"), {"turn": 1})
    with shop_context(shop.pk):
        assert Template.objects.get().draft is None


def test_a_mail_is_shown_as_drafted_in_a_frame_that_runs_only_our_script(shop: Shop, admin: Client) -> None:
    with shop_context(shop.pk):
        make.order(shop, number="A-77")
    act(admin, shop, "save", 0, "text", text="Va <script>alert(1)</script> {{ order.number }}", align="left")
    answer = admin.get(f"{address(shop, 'template_shown')}?order=A-77")
    page = answer.content.decode()
    assert "A-77" in page and "<script>alert" not in page and "fonts.googleapis.com" not in page
    assert page.count("<script") == 1
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    policy = answer["Content-Security-Policy"]
    assert (
        "default-src 'none'" in policy
        and "sandbox allow-scripts" in policy
        and "frame-ancestors 'self'" in policy
    )
    assert "script-src 'nonce-" in policy and "allow-same-origin" not in policy
    editor = admin.get(address(shop, "template"))
    assert 'sandbox="allow-scripts"' in editor.content.decode()
    assert "unsafe-inline" not in editor["Content-Security-Policy"]
    assert editor["X-Frame-Options"] == "DENY"


def test_the_dark_is_shown_approximately_and_said_to_be(shop: Shop, admin: Client) -> None:
    light, dark = (
        admin.get(f"{address(shop, 'template_shown')}?scheme={scheme}").content.decode()
        for scheme in ("light", "dark")
    )
    assert "prefers-color-scheme:dark" not in light and "color-scheme:dark" in dark
    assert "An approximation" in admin.get(f"{address(shop, 'template')}?scheme=dark").content.decode()


def test_any_order_is_shown_by_number_or_e_mail(shop: Shop, admin: Client) -> None:
    with shop_context(shop.pk):
        make.order(shop, number="B-1", customer_email="lola@example.com")
        make.order(shop, number="B-2", state="shipped")
    assert "Order B-1" in admin.get(f"{address(shop, 'template')}?order=lola@example.com").content.decode()
    page = admin.get(f"{address(shop, 'template')}?order=nobody@example.com").content.decode()
    assert "No order has this number or e-mail" in page and "Order B-2" in page


def test_a_language_without_a_text_is_marked(shop: Shop, admin: Client) -> None:
    assert "texts missing" not in admin.get(address(shop, "template")).content.decode()
    answer = act(admin, shop, "save", 0, "text", text="", align="left").json()
    assert "texts missing" in answer["parts"]["languages"]
    assert "A text is missing in this language" in answer["parts"]["blocks"]


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 40)) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", size, "#c0392b").save(out, kind)
    return SimpleUploadedFile(f"mesa.{kind.lower()}", out.getvalue() + b"<script>alert(1)</script>")


def test_an_image_is_made_anew_put_into_its_block_and_taken_again(shop: Shop, admin: Client) -> None:
    act(admin, shop, "add:image", 0)
    upload = f"{address(shop, 'template_picture')}?block=image"
    answer = admin.post(upload, {"turn": 1, "upload": picture()}, headers=SCRIPT)
    assert answer.status_code == 200 and "What it shows" in answer.json()["parts"]["panel"]
    admin.post(upload, {"turn": 2, "upload": picture()})
    with shop_context(shop.pk):
        kept = Picture.objects.get()
        assert b"script" not in bytes(kept.content) and (kept.kind, kept.width) == ("jpeg", 60)
    assert next(b for b in draft(shop)["blocks"] if b["kind"] == "image")["picture"] == kept.digest
    shown = admin.get(reverse("console:picture", args=[shop.slug, kept.digest]))
    assert shown["Content-Type"] == "image/jpeg" and shown["X-Content-Type-Options"] == "nosniff"
    rival = signed_in(make.shop(), Role.OWNER)
    assert rival.get(reverse("console:picture", args=[shop.slug, kept.digest])).status_code == 404


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (SimpleUploadedFile("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "SVG is not accepted"),
        (SimpleUploadedFile("a.png", b"x" * (2 * 1024 * 1024 + 1)), "larger than 2 MB"),
    ],
)
def test_an_image_that_cannot_be_taken_says_why(shop: Shop, admin: Client, sent: Any, sentence: str) -> None:
    act(admin, shop, "add:image", 0)
    answer = admin.post(
        f"{address(shop, 'template_picture')}?block=image", {"turn": 1, "upload": sent}, headers=SCRIPT
    )
    assert answer.status_code == 422 and sentence in answer.json()["refused"]
    with shop_context(shop.pk):
        assert not Picture.objects.exists()


def test_an_sms_is_counted_priced_and_its_odd_signs_replaced(shop: Shop, admin: Client) -> None:
    with shop_context(shop.pk):
        MessageSetup.objects.create(shop=shop, sms_prices={"ES": "0.075"})
        make.order(shop)
    edit = address(shop, "template_edit", "shipped", "sms", "es")
    answer = admin.post(
        edit, {"act": "save", "turn": 0, "text": "Está en camino… " + "á" * 60}, headers=SCRIPT
    ).json()
    assert (
        "2 text messages, each charged" in answer["parts"]["seen"] and "0.150 EUR" in answer["parts"]["seen"]
    )
    assert "<code>á</code> → <code>a</code>" in answer["parts"]["seen"]
    answer = admin.post(edit, {"act": "plain:", "turn": 1}, headers=SCRIPT).json()
    assert draft(shop, channel="sms")["text"]["es"] == "Esta en camino... " + "a" * 60
    assert "1 text message<" in answer["parts"]["seen"].replace("\n", "")


def test_whatsapps_approved_template_is_of_the_design_and_the_one_named_before_is_shown(
    shop: Shop, admin: Client
) -> None:
    with shop_context(shop.pk):
        ChannelAccount.objects.create(
            shop=shop, channel="whatsapp", settings={"templates": {"shipped": "HX1"}}
        )
    page = address(shop, "template", "shipped", "whatsapp", "es")
    assert 'value="HX1"' in admin.get(page).content.decode()
    sid = "HX" + "0a" * 16
    said = {
        "act": "save",
        "turn": 0,
        "template": sid,
        "text": "Hola",
        "variables-1": "{{ customer.first_name }}",
    }
    admin.post(address(shop, "template_edit", "shipped", "whatsapp", "es"), said)
    held = draft(shop, channel="whatsapp")
    assert held["template"] == {"es": sid} and held["variables"] == {"1": "{{ customer.first_name }}"}
    wrong = said | {"turn": 1, "variables-2": "{{ nobody.knows }}"}
    answer = admin.post(address(shop, "template_edit", "shipped", "whatsapp", "es"), wrong, headers=SCRIPT)
    assert answer.status_code == 422 and answer.json()["field"] == "variables-2"


def test_a_test_says_the_draft_and_is_marked_as_one(shop: Shop, admin: Client) -> None:
    with shop_context(shop.pk):
        make.order(shop, number="T-1")
    act(admin, shop, "save", 0, "text", text="Todavía no publicado", align="left")
    email = admin.get(
        address(shop, "designs") if False else address(shop, "template")
    ).wsgi_request.user.email  # type: ignore[union-attr]
    answer = admin.post(address(shop, "template_test"), {"to": email})
    assert answer.status_code == 302
    with shop_context(shop.pk):
        message = Message.objects.get()
        assert (message.recipient, message.state, message.template_key) == (email, "shipped", "draft:shipped")
        assert message.why.startswith("test by user:")
        said = design_of(shop, message.template_key, "email")
        assert said.version is None and "Todavía no publicado" in json.dumps(said.content, ensure_ascii=False)


def test_a_test_that_cannot_go_out_says_why(shop: Shop, admin: Client) -> None:
    sms = address(shop, "template_test", "shipped", "sms", "es")
    assert "Nothing goes out by SMS yet" in admin.post(sms, {"to": "+34600000000"}).content.decode()
    assert (
        "add one first"
        in admin.post(address(shop, "template_test"), {"to": "a@example.com"}).content.decode()
    )
    with shop_context(shop.pk):
        assert not Message.objects.exists()


def test_a_design_of_ones_own_starts_from_nothing_from_the_house_or_as_a_copy(
    shop: Shop, admin: Client
) -> None:
    new = reverse("console:design_new", args=[shop.slug])
    for name, start in (("Nada", "nothing"), ("Casa", "house:delivered")):
        assert admin.post(new, {"name": name, "channel": "email", "start": start}).status_code == 302
    with shop_context(shop.pk):
        made = {t.name: t for t in Template.objects.all()}
    assert kinds(made["Nada"].draft) == ["logo", "footer"]
    assert "progress" in kinds(made["Casa"].draft)
    admin.post(new, {"name": "Copia", "channel": "email", "start": f"copy:{made['Casa'].key}"})
    with shop_context(shop.pk):
        assert Template.objects.get(name="Copia").draft == made["Casa"].draft
    again = admin.post(new, {"name": "Copia", "channel": "email", "start": "nothing"})
    assert again.status_code == 422 and "There is a design with this name" in again.content.decode()
    page = admin.get(reverse("console:designs", args=[shop.slug])).content.decode()
    assert "Nada" in page and "Draft waits" in page


def test_an_own_design_is_not_deleted_while_a_rule_sends_it(shop: Shop, admin: Client) -> None:
    admin.post(
        reverse("console:design_new", args=[shop.slug]),
        {"name": "Vip", "channel": "email", "start": "nothing"},
    )
    with shop_context(shop.pk):
        key = Template.objects.get().key
        rule = Rule.objects.create(
            shop=shop, key="r-1", name="Clientes vip", occasion="shipped", channel="email", template=key
        )
    remove = reverse("console:design_remove", args=[shop.slug, key, "email"])
    assert "a rule sends it, “Clientes vip”" in admin.post(remove, follow=True).content.decode()
    with shop_context(shop.pk):
        assert Template.objects.exists()
        rule.delete()
    admin.post(remove)
    with shop_context(shop.pk):
        assert not Template.objects.exists()
        assert AuditEntry.objects.filter(action="template.removed").count() == 1


@pytest.mark.parametrize(
    "which", [("nowhere", "email", "es"), ("shipped", "fax", "es"), ("shipped", "email", "de"), ("shipped", "push", "es"),
              ("own-12345678", "email", "es")],
)  # fmt: skip
def test_a_message_there_is_none_of_is_a_404(shop: Shop, admin: Client, which: tuple[str, str, str]) -> None:
    for name in ("template", "template_shown", "template_versions"):
        assert admin.get(address(shop, name, *which)).status_code == 404
    assert admin.post(address(shop, "template_edit", *which), {"act": "add:social"}).status_code == 404


@pytest.mark.parametrize("role", [Role.AGENT, Role.VIEWER])
def test_to_an_agent_the_editor_does_not_exist(shop: Shop, role: Role) -> None:
    client = signed_in(shop, role)
    names = ("template", "template_edit", "template_shown", "template_publish", "template_versions", "template_test",
             "template_picture", "template_back", "template_discard", "template_default")  # fmt: skip
    for page in [address(shop, name) for name in names] + [reverse("console:designs", args=[shop.slug])]:
        assert client.get(page).status_code == 404
        assert client.post(page).status_code == 404
