"""The team: who may change whom, invitations by mail, and joining by their link."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tenants.isolation import shop_context
from tenants.models import AuditEntry, Invitation, Membership, Role, Shop, User
from tests import make
from tests.console.clients import signed_in, visitor

pytestmark = pytest.mark.django_db
GOOD = {"name": "Inés Prat", "password": "tres tristes tigres"}


@pytest.fixture
def shop() -> Shop:
    return make.shop()


@pytest.fixture
def owner(shop: Shop) -> Client:
    return signed_in(shop, Role.OWNER)


def address(shop: Shop, name: str, *parts: object) -> str:
    return reverse(f"console:{name}", args=[shop.slug, *parts])


def role_of(member: Membership) -> str:
    member.refresh_from_db()
    return member.role


def link(mailoutbox: Any) -> str:
    found = re.search(r"/console/join/\S+", mailoutbox[-1].body)
    assert found
    return found.group()


def invited(shop: Shop, owner: Client, mailoutbox: Any, email: str = "ines@example.com") -> str:
    assert owner.post(address(shop, "invite"), {"email": email, "role": "agent"}).status_code == 302
    return link(mailoutbox)


def test_somebody_new_joins_by_the_link_of_the_mail(shop: Shop, owner: Client, mailoutbox: Any) -> None:
    url = invited(shop, owner, mailoutbox, "Ines@Example.com")
    assert mailoutbox[-1].to == ["Ines@Example.com"]
    client = visitor()
    assert "Your name" in client.get(url).content.decode()
    answer = client.post(url, GOOD)
    assert answer["Location"] == address(shop, "orders")
    assert client.get(answer["Location"]).status_code == 200
    member = Membership.objects.get(shop=shop, user__email="ines@example.com")
    assert (member.role, member.user.name) == ("agent", "Inés Prat")
    assert visitor().get(url).status_code == 410
    with shop_context(shop.pk):
        assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
            "member.invited", "member.joined",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"name": "", "password": GOOD["password"]}, "This field is required"),
        ({"name": "Inés", "password": "short"}, "too short"),
        ({"name": "Inés", "password": "1234567890"}, "too common"),
    ],
)
def test_who_joins_needs_a_name_and_a_password_that_holds(
    shop: Shop, owner: Client, mailoutbox: Any, said: dict[str, str], sentence: str
) -> None:
    answer = visitor().post(invited(shop, owner, mailoutbox), said)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not User.objects.filter(email="ines@example.com").exists()


def test_somebody_with_an_account_signs_in_and_accepts(shop: Shop, owner: Client, mailoutbox: Any) -> None:
    user = make.user(email="ines@example.com")
    url = invited(shop, owner, mailoutbox)
    assert reverse("account_login") in visitor().get(url).content.decode()
    assert visitor().post(url, GOOD).status_code == 200  # no password is set for them
    user.refresh_from_db()
    assert user.check_password(make.PASSWORD)
    client = visitor()
    client.force_login(user)
    client.post(url)
    assert Membership.objects.filter(shop=shop, user=user, role="agent").exists()


def test_the_link_is_nobody_elses(shop: Shop, owner: Client, mailoutbox: Any) -> None:
    url = invited(shop, owner, mailoutbox)
    stranger = signed_in(make.shop(), Role.OWNER)
    assert "for somebody else" in stranger.get(url).content.decode()
    assert stranger.post(url).status_code == 403
    assert Membership.objects.filter(shop=shop).count() == 1


def test_a_link_is_void_when_expired_taken_back_or_replaced(
    shop: Shop, owner: Client, mailoutbox: Any
) -> None:
    first = invited(shop, owner, mailoutbox)
    second = invited(shop, owner, mailoutbox)
    assert visitor().get(first).status_code == 404
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert visitor().post(second, GOOD).status_code == 410
    owner.post(address(shop, "invitation_cancel", Invitation.objects.get().pk))
    assert visitor().get(second).status_code == 404
    assert not User.objects.filter(email="ines@example.com").exists()


def test_a_mail_that_does_not_go_out_leaves_the_link_to_send(
    shop: Shop, owner: Client, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    answer = owner.post(address(shop, "invite"), {"email": "ines@example.com", "role": "viewer"}, follow=True)
    assert "The mail did not go out" in answer.content.decode()
    assert "/console/join/" in answer.content.decode()


def test_a_member_is_not_invited_again(shop: Shop, owner: Client, mailoutbox: Any) -> None:
    member = make.member(shop, Role.AGENT)
    answer = owner.post(address(shop, "invite"), {"email": member.user.email, "role": "viewer"})
    assert answer.status_code == 422
    assert "is a member already" in answer.content.decode()
    assert mailoutbox == []


def test_roles_are_changed_and_members_removed(shop: Shop, owner: Client) -> None:
    member = make.member(shop, Role.VIEWER)
    owner.post(address(shop, "member_role", member.pk), {"role": "admin"})
    assert role_of(member) == "admin"
    owner.post(address(shop, "member_remove", member.pk))
    assert not Membership.objects.filter(pk=member.pk).exists()


def test_the_last_owner_stays(shop: Shop, owner: Client) -> None:
    me = Membership.objects.get(shop=shop)
    for name, said in (("member_role", {"role": "admin"}), ("member_remove", {})):
        answer = owner.post(address(shop, name, me.pk), said, follow=True)
        assert "A shop needs an owner" in answer.content.decode()
    assert role_of(me) == "owner"


def test_an_admin_gives_no_more_than_they_have(shop: Shop, owner: Client, mailoutbox: Any) -> None:
    admin, agent = signed_in(shop, Role.ADMIN), make.member(shop, Role.AGENT)
    boss = Membership.objects.get(shop=shop, role="owner")
    admin.post(address(shop, "member_role", agent.pk), {"role": "owner"})
    assert role_of(agent) == "agent"
    assert admin.post(address(shop, "member_role", boss.pk), {"role": "viewer"}).status_code == 404
    assert admin.post(address(shop, "member_remove", boss.pk)).status_code == 404
    assert admin.post(address(shop, "invite"), {"email": "x@example.com", "role": "owner"}).status_code == 422
    assert mailoutbox == []
    assert role_of(boss) == "owner"


def test_another_shops_member_and_invitation_do_not_exist(shop: Shop, owner: Client, mailoutbox: Any) -> None:
    invited(shop, owner, mailoutbox)
    theirs = make.shop()
    rival, ours = signed_in(theirs, Role.OWNER), Membership.objects.get(shop=shop)
    assert rival.post(address(theirs, "member_remove", ours.pk)).status_code == 404
    assert rival.post(address(theirs, "invitation_cancel", Invitation.objects.get().pk)).status_code == 404


def test_to_an_agent_there_is_no_team_page(shop: Shop) -> None:
    agent = signed_in(shop, Role.AGENT)
    me = Membership.objects.get(shop=shop)
    assert agent.get(address(shop, "team")).status_code == 404
    assert agent.post(address(shop, "invite"), {"email": "x@example.com", "role": "owner"}).status_code == 404
    assert agent.post(address(shop, "member_role", me.pk), {"role": "owner"}).status_code == 404
