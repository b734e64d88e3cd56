"""Getting in: e-mail and password, a second step where one wants it, a forgotten password, and which shop."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.test import Client
from django.urls import reverse

from tenants.models import Role, User
from tests import make
from tests.console.clients import visitor

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


@pytest.fixture
def ana() -> User:
    return make.user(email="ana@example.com", name="Ana Olmo")


def sign_in(
    client: Client, email: str = "ana@example.com", password: str = make.PASSWORD, **more: str
) -> Any:
    return client.post(LOGIN, {"login": email, "password": password, **more})


def code_of(user: User) -> str:
    """What the authenticator app shows now."""
    secret = totp.TOTP(Authenticator.objects.get(user=user, type="totp")).instance.data["secret"]
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def test_whoever_has_one_shop_lands_on_its_orders(ana: User) -> None:
    shop = make.shop()
    make.member(shop, Role.AGENT, user=ana)
    client = visitor()
    assert sign_in(client)["Location"] == reverse("console:shops")
    assert client.get(reverse("console:shops"))["Location"] == reverse("console:orders", args=[shop.slug])
    assert client.get(reverse("console:home", args=[shop.slug]))["Location"] == reverse(
        "console:orders", args=[shop.slug]
    )


def test_whoever_has_several_chooses_among_their_own(ana: User) -> None:
    mine = [make.shop(name="Casa Olmo"), make.shop(name="Librairie du Rhône")]
    make.shop(name="Somebody else’s")
    suspended = make.shop(name="Closed", suspended_at=make.NOW)
    for shop in (*mine, suspended):
        make.member(shop, Role.OWNER, user=ana)
    client = visitor()
    sign_in(client)
    page = client.get(reverse("console:shops")).content.decode()
    assert re.findall(r'class="card shop-card" href="([^"]+)"', page) == [
        reverse("console:orders", args=[s.slug]) for s in mine
    ]


def test_whoever_has_none_is_told_whom_to_ask(ana: User) -> None:
    client = visitor()
    sign_in(client)
    page = client.get(reverse("console:shops")).content.decode()
    assert "You are not a member of any shop yet" in page
    assert "ana@example.com" in page


def test_signing_in_leads_to_where_one_was_going_but_not_to_another_site(ana: User) -> None:
    shop = make.shop()
    make.member(shop, Role.AGENT, user=ana)
    wanted = reverse("console:orders", args=[shop.slug]) + "?tab=late"
    client = visitor()
    asked = client.get(wanted)
    assert f'name="next" value="{wanted}"' in client.get(asked["Location"]).content.decode()
    assert sign_in(client, next=wanted)["Location"] == wanted
    assert sign_in(visitor(), next="https://evil.example/")["Location"] == reverse("console:shops")


@pytest.mark.parametrize(
    ("email", "password"), [("ana@example.com", "wrong"), ("nobody@example.com", make.PASSWORD)]
)
def test_a_wrong_password_and_an_unknown_address_are_answered_alike(
    ana: User, email: str, password: str
) -> None:
    answer = sign_in(visitor(), email, password)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "The email address and/or password you specified are not correct." in page
    assert f'value="{email}"' in page
    assert password not in page


def test_nobody_signs_up_by_themselves() -> None:
    client = visitor()
    page = client.get("/accounts/signup/").content.decode()
    assert "By invitation only" in page
    client.post("/accounts/signup/", {"email": "eve@example.com", "password1": make.PASSWORD})
    assert not User.objects.filter(email="eve@example.com").exists()
    assert "signup" not in client.get(LOGIN).content.decode()


def test_a_forgotten_password_is_set_anew_by_a_mailed_link_once(ana: User) -> None:
    client = visitor()
    answer = client.post("/accounts/password/reset/", {"email": "ana@example.com"}, follow=True)
    assert "Look into your mailbox" in answer.content.decode()
    (sent,) = mail.outbox
    assert sent.to == ["ana@example.com"]
    (link,) = re.findall(r"https?://[^/]+(/accounts/password/reset/key/\S+)", sent.body)
    form = client.get(link, follow=True)
    assert "Choose a new password" in form.content.decode()
    chosen = {"password1": "olmos y encinas 7", "password2": "olmos y encinas 7"}
    done = client.post(form.request["PATH_INFO"], {**chosen, "action": ""})
    assert done.status_code == 302
    assert client.get(reverse("console:shops")).status_code == 200
    assert sign_in(visitor(), password="olmos y encinas 7").status_code == 302
    assert "This link no longer works" in visitor().get(link, follow=True).content.decode()


def test_asking_for_a_link_does_not_tell_who_has_an_account(ana: User) -> None:
    def answer(email: str) -> str:
        asked = visitor().post("/accounts/password/reset/", {"email": email}, follow=True)
        assert asked.status_code == 200
        return re.sub(r'(value|nonce)="[^"]{20,}"', "", asked.content.decode())

    assert answer("ana@example.com") == answer("nobody@example.com")


def test_a_weak_password_is_refused_beside_its_field(ana: User) -> None:
    client = visitor()
    client.force_login(ana)
    said = {"oldpassword": make.PASSWORD, "password1": "1234567890", "password2": "1234567890"}
    page = client.post("/accounts/password/change/", said).content.decode()
    assert re.search(r'id="id_password1_error".{0,200}too common', page, re.S)


def test_a_second_step_is_turned_on_asked_for_and_turned_off(ana: User) -> None:
    client = visitor()
    sign_in(client)
    page = client.get("/accounts/2fa/").content.decode()
    assert "Authenticator app" in page and "Turn on" in page
    asked = client.get("/accounts/2fa/totp/activate/")  # whoever finds a browser open does not get further
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    form = client.post(asked["Location"], {"password": make.PASSWORD}, follow=True).content.decode()
    (secret,) = re.findall(r'id="authenticator_secret">([A-Z2-7]+)<', form)
    assert 'src="data:image/svg+xml' in form
    refused = client.post("/accounts/2fa/totp/activate/", {"code": "000000"}).content.decode()
    assert 'id="id_code_error"' in refused
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    client.post(
        "/accounts/2fa/totp/activate/", {"code": totp.format_hotp_value(totp.hotp_value(secret, counter))}
    )
    assert "You are asked for a code of your app" in client.get("/accounts/2fa/").content.decode()

    again = visitor()
    asked = sign_in(again)
    assert asked["Location"] == "/accounts/2fa/authenticate/"
    assert again.get(reverse("console:shops")).status_code == 302  # not in yet
    assert "One more step" in again.get("/accounts/2fa/authenticate/").content.decode()
    wrong = again.post("/accounts/2fa/authenticate/", {"code": "000000"}).content.decode()
    assert 'aria-invalid="true"' in wrong

    from django.core.cache import cache

    cache.clear()  # the code of this half minute was used a moment ago
    assert again.post("/accounts/2fa/authenticate/", {"code": code_of(ana)})["Location"] == reverse(
        "console:shops"
    )
    assert again.get(reverse("console:shops")).status_code == 200
    assert "Turn off the authenticator app?" in client.get("/accounts/2fa/totp/deactivate/").content.decode()
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=ana, type="totp").exists()


def test_signing_out_is_a_button_and_the_door_is_shut_after_it(ana: User) -> None:
    shop = make.shop()
    make.member(shop, Role.AGENT, user=ana)
    client = visitor()
    sign_in(client)
    page = client.get(reverse("console:orders", args=[shop.slug])).content.decode()
    assert f'action="{reverse("account_logout")}"' in page
    assert client.get(reverse("account_logout")).status_code == 200  # a link alone signs nobody out
    client.post(reverse("account_logout"))
    assert client.get(reverse("console:orders", args=[shop.slug])).status_code == 302


def test_the_language_is_changed_without_javascript(ana: User) -> None:
    client = visitor()
    assert '<html lang="en">' in client.get(LOGIN).content.decode()
    answer = client.post(reverse("set_language"), {"language": "es", "next": LOGIN})
    assert answer["Location"] == LOGIN
    assert '<html lang="es">' in client.get(LOGIN).content.decode()


@pytest.mark.parametrize(
    "path",
    [
        LOGIN, "/accounts/password/reset/", "/accounts/password/reset/done/", "/accounts/signup/", "/accounts/inactive/",
        "/accounts/confirm-email/", "/accounts/password/reset/key/x-y/",
    ],
)  # fmt: skip
def test_every_page_before_one_is_in_is_framed_alike(path: str) -> None:
    page = visitor().get(path, follow=True).content.decode()
    assert 'class="card sheet' in page
    assert page.count("<h1") == 1
    assert " style=" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/logout/",
        "/accounts/2fa/totp/activate/",
    ],
)
def test_every_page_of_ones_own_account_is_framed_alike(ana: User, path: str) -> None:
    client = visitor()
    sign_in(client)
    page = client.get(path, follow=True).content.decode()
    assert 'class="card sheet' in page
    assert page.count("<h1") == 1
