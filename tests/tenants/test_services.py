"""Brands, logos, members: what may be changed and by whom."""

import io
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from tenants import services
from tenants.isolation import shop_context
from tenants.models import AuditEntry, Brand, Invitation, Membership, Role
from tenants.vault import digest
from tests import make

ME = services.Actor("user:1", "owner")


def picture(form="PNG", size=(600, 300), mode="RGB"):
    out = io.BytesIO()
    Image.new(mode, size, 120).save(out, form)
    return out.getvalue()


def test_a_logo_is_made_anew_from_its_pixels():
    hidden = picture() + b"<script>alert(1)</script>"
    logo = services.read_logo(hidden)
    assert (logo.type, logo.width, logo.height) == ("image/png", 512, 256)
    assert b"script" not in logo.data


@pytest.mark.parametrize(
    "upload",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", picture()[:60], b"\x00" * 3_000_000,
     picture(size=(3000, 2000))],
    ids=["empty", "svg", "half a gif", "truncated", "3 MB", "6 MP"],
)  # fmt: skip
def test_what_is_no_decent_picture_is_refused_with_a_reason(upload):
    with pytest.raises(ValidationError) as refusal:
        services.read_logo(upload)
    assert refusal.value.messages[0]


@pytest.mark.django_db
def test_changing_the_brand_makes_old_pages_stale_and_leaves_a_trace():
    shop = make.shop()
    with shop_context(shop.pk):
        before = Brand.objects.get().version
        brand = services.change_brand(shop=shop, by=ME, fields={"colour": "#aa3300"})
        assert (brand.colour, brand.version) == ("#aa3300", before + 1)
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.before, entry.after) == (
            "brand.changed", {"colour": "#1f5f4a"}, {"colour": "#aa3300"},
        )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [{"colour": "red;}body{display:none"}, {"colour": "#AA33"}, {"font": "Comic Sans"}, {"radius": 300},
     {"links": [{"label": "Tienda", "url": "javascript:alert(1)"}]}, {"banner_url": "javascript:alert(1)"}],
)  # fmt: skip
def test_a_brand_takes_no_style_and_no_script(fields):
    shop = make.shop()
    with shop_context(shop.pk):
        with pytest.raises(ValidationError):
            services.change_brand(shop=shop, by=ME, fields=fields)
        assert Brand.objects.get().version == 1


@pytest.mark.django_db
def test_a_shop_keeps_an_owner():
    shop = make.shop()
    owner = make.member(shop)
    with shop_context(shop.pk):
        with pytest.raises(ValidationError):
            services.change_role(shop=shop, member=owner, role=Role.AGENT, by=ME)
        with pytest.raises(ValidationError):
            services.remove_member(shop=shop, member=owner, by=ME)
        make.member(shop)
        services.change_role(shop=shop, member=owner, role=Role.AGENT, by=ME)
    assert Membership.objects.get(pk=owner.pk).role == Role.AGENT


@pytest.mark.django_db
def test_an_invitation_is_taken_once_and_in_time():
    shop, guest = make.shop(), make.user()
    with shop_context(shop.pk):
        first = services.invite(
            shop=shop, email=guest.email.upper(), role=Role.AGENT, by=ME, inviter=None, now=make.NOW
        )
        key = services.invite(
            shop=shop, email=guest.email, role=Role.AGENT, by=ME, inviter=None, now=make.NOW
        )
        assert not Invitation.objects.filter(key_hash=digest(first)).exists()
        invitation = Invitation.objects.get(key_hash=digest(key))
        with pytest.raises(ValidationError):
            services.accept_invitation(invitation=invitation, user=guest, now=make.NOW + timedelta(days=8))
        member = services.accept_invitation(invitation=invitation, user=guest, now=make.NOW)
        assert (member.role, member.user) == (Role.AGENT, guest)
        with pytest.raises(ValidationError):
            services.accept_invitation(invitation=invitation, user=make.user(), now=make.NOW)
