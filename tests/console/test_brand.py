"""The look: what is taken, what is refused, how well it reads, and that the preview is the shopper's own page."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from console.brand_colours import colours_in, readings
from tenants.isolation import shop_context
from tenants.models import AuditEntry, Brand, Role, Shop
from tests import make
from tests.console.clients import signed_in

pytestmark = pytest.mark.django_db
PLAIN = {"colour": "#1f5f4a", "background": "#f6f5f2", "font": "system", "radius": "18"}


@pytest.fixture
def shop() -> Shop:
    return make.shop()


@pytest.fixture
def admin(shop: Shop) -> Client:
    return signed_in(shop, Role.ADMIN)


def address(shop: Shop, name: str = "brand") -> str:
    return reverse(f"console:{name}", args=[shop.slug])


def picture(colour: str = "#c0392b", kind: str = "PNG") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (80, 40), colour).save(out, kind)
    return SimpleUploadedFile(f"logo.{kind.lower()}", out.getvalue())


def kept(shop: Shop) -> Brand:
    with shop_context(shop.pk):
        brand: Brand = Brand.objects.for_shop(shop).get()
        return brand


def test_a_look_is_saved_and_audited(shop: Shop, admin: Client) -> None:
    said = PLAIN | {
        "colour": "1D5FA8",
        "font": "classic",
        "banner_title": "Rebajas",
        "links_0_label": "Tienda",
        "links_0_url": "https://example.com",
        "social_2_label": "Mastodon",
        "social_2_url": "https://example.social/@tienda",
    }
    assert admin.post(address(shop), said).status_code == 302
    brand = kept(shop)
    assert (brand.colour, brand.font, brand.banner_title) == ("#1d5fa8", "classic", "Rebajas")
    assert brand.links == [{"label": "Tienda", "url": "https://example.com"}]
    assert brand.social == [{"label": "Mastodon", "url": "https://example.social/@tienda"}]
    assert brand.version == 2
    with shop_context(shop.pk):
        assert AuditEntry.objects.get().action == "brand.changed"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"colour": "red;}body{"}, "Write a colour as # and six digits"),
        ({"radius": "90"}, "less than or equal to 32"),
        ({"font": "Comic Sans"}, "not one of the available choices"),
        ({"links_0_label": "x", "links_0_url": "javascript:alert(1)"}, "begins with https://"),
        ({"links_1_url": "https://example.com"}, "A link needs a name"),
        ({"banner_label": "Ver"}, "Say where the link leads to"),
        (
            {"tile_url": "http://tiles.example/{z}/{x}/{y}.png", "tile_credit": "© Mapa"},
            "Write the address as your provider",
        ),
        ({"tile_url": "https://tiles.example/{z}/{x}/{y}.png"}, "Say whom the map is by"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field(
    shop: Shop, admin: Client, wrong: dict[str, str], sentence: str
) -> None:
    answer = admin.post(address(shop), PLAIN | wrong)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert kept(shop).version == 1


def test_a_logo_is_kept_shown_and_taken_away(shop: Shop, admin: Client) -> None:
    assert admin.post(address(shop), PLAIN | {"logo_file": picture()}).status_code == 302
    logo_hash = kept(shop).logo_hash
    assert len(logo_hash) == 16
    page = admin.get(address(shop)).content.decode()
    assert f"/s/{shop.slug}/brand/{logo_hash}.png" in page
    assert 'value="#c0392b"' in page  # suggested
    admin.post(address(shop), PLAIN | {"remove_logo": "on"})
    assert kept(shop).logo_hash == ""


@pytest.mark.parametrize(
    "upload",
    [
        SimpleUploadedFile(
            "logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
        ),
        SimpleUploadedFile("logo.png", b"not a picture"),
        SimpleUploadedFile("logo.png", b"x" * (2 * 1024 * 1024 + 1)),
    ],
    ids=["svg", "nonsense", "too large"],
)
def test_what_is_no_picture_is_refused(shop: Shop, admin: Client, upload: SimpleUploadedFile) -> None:
    upload.seek(0)
    answer = admin.post(address(shop), PLAIN | {"logo_file": upload})
    assert answer.status_code == 422
    assert "error-list" in answer.content.decode()
    assert kept(shop).logo_hash == ""


def test_a_colour_of_the_logo_is_taken_without_javascript(shop: Shop, admin: Client) -> None:
    admin.post(address(shop), PLAIN | {"suggested": "#c0392b"})
    assert kept(shop).colour == "#c0392b"


@pytest.mark.parametrize("with_order", [True, False])
def test_the_preview_is_the_shoppers_page_in_unsaved_colours(
    shop: Shop, admin: Client, with_order: bool
) -> None:
    if with_order:
        with shop_context(shop.pk):
            make.order(shop, number="VISTA-1")
    answer = admin.post(
        address(shop, "brand_preview"),
        PLAIN | {"colour": "#aa2255", "banner_title": "Sin guardar", "logo_file": picture()},
    )
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "#aa2255" in page
    assert "Sin guardar" in page
    assert "data:image/png;base64," in page
    assert ("VISTA-1" if with_order else "1001") in page
    assert "<script" not in page
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    policy = answer["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "'sha256-" in policy
    assert kept(shop).colour == "#1f5f4a"


def test_a_preview_of_a_wrong_value_keeps_the_right_one(shop: Shop, admin: Client) -> None:
    answer = admin.post(address(shop, "brand_preview"), PLAIN | {"colour": "</style><b>"})
    assert answer.status_code == 200
    assert "</style><b>" not in answer.content.decode()
    assert "#1f5f4a" in answer.content.decode()


TILES = {"tile_url": "https://tiles.example/{z}/{x}/{y}.png", "tile_credit": "© Mapa y más"}


def test_a_real_map_is_saved_and_its_price_is_said(shop: Shop, admin: Client) -> None:
    page = admin.get(address(shop)).content.decode()
    assert "it learns their internet address, and about where the parcel goes" in page
    assert admin.post(address(shop), PLAIN | TILES).status_code == 302
    assert (kept(shop).tile_url, kept(shop).tile_credit) == (TILES["tile_url"], "© Mapa y más")
    admin.post(address(shop), PLAIN)
    assert kept(shop).tile_url == ""


def test_the_preview_lays_a_map_not_saved_yet_under_an_example(shop: Shop, admin: Client) -> None:
    plain = admin.get(address(shop, "brand_preview")).content.decode()
    assert '<img src="data:image/svg+xml;base64,' in plain
    assert "tiles.example" not in plain
    with shop_context(shop.pk):
        make.order(shop, number="VISTA-1")  # nobody knows where it is
    answer = admin.post(address(shop, "brand_preview"), PLAIN | TILES)
    page = answer.content.decode()
    assert page.count('<image href="https://tiles.example/') >= 2
    assert '<small class="credit">© Mapa y más</small>' in page
    assert "https:" in answer["Content-Security-Policy"]
    assert kept(shop).tile_url == ""


def test_the_preview_takes_no_address_that_cannot_be_saved(shop: Shop, admin: Client) -> None:
    for wrong in ({"tile_url": "http://tiles.example/{z}/{x}/{y}.png"}, {"tile_credit": " "}):
        page = admin.post(address(shop, "brand_preview"), PLAIN | TILES | wrong).content.decode()
        assert "tiles.example" not in page
        assert 'class="credit"' not in page


def test_contrast_is_explained(shop: Shop, admin: Client) -> None:
    page = admin.post(address(shop, "brand_contrast"), PLAIN | {"colour": "#ffee88"}).content.decode()
    assert "Does not read well: at least 4.5 is needed." in page
    assert [r.is_enough for r in readings("#1f5f4a", "#ffffff")] == [True, True, True]


def test_a_logos_colours_are_the_telling_ones() -> None:
    picture = Image.new("RGBA", (60, 60), (255, 255, 255, 255))
    picture.paste((20, 60, 160, 255), (0, 0, 30, 20))
    picture.paste((230, 120, 20, 255), (30, 0, 40, 20))
    out = io.BytesIO()
    picture.save(out, "PNG")
    assert colours_in(out.getvalue()) == ["#143ca0", "#e67814"]


def test_an_empty_logo_suggests_nothing() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (5, 5), (0, 0, 0, 0)).save(out, "PNG")
    assert colours_in(out.getvalue()) == []


@pytest.mark.parametrize("role", [Role.AGENT, Role.VIEWER])
def test_to_an_agent_the_look_is_no_page(shop: Shop, role: Role) -> None:
    client = signed_in(shop, role)
    for name in ("brand", "brand_preview", "brand_contrast"):
        assert client.get(address(shop, name)).status_code == 404
        assert client.post(address(shop, name), PLAIN).status_code == 404
