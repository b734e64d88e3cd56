"""Which sites may show a shop's widget."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from tenants.framing import plain_origin, set_frames
from tenants.isolation import shop_context
from tenants.models import AuditEntry, Brand
from tenants.services import SYSTEM
from tests import make


@pytest.mark.parametrize(
    "said,origin",
    [
        ("https://www.olmo.example", "https://www.olmo.example"),
        ("www.olmo.example", "https://www.olmo.example"),
        (" HTTPS://WWW.Olmo.Example/account?x=1#y ", "https://www.olmo.example"),
        ("https://olmo.example:8443", "https://olmo.example:8443"),
        ("https://olmo.example:443", "https://olmo.example"),
        ("https://señora.es", "https://xn--seora-pta.es"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:8025", "http://127.0.0.1:8025"),
    ],
)
def test_a_site_is_kept_as_its_origin(said, origin):
    assert plain_origin(said) == origin


@pytest.mark.parametrize(
    "said",
    [
        "*", "https://*", "https://*.olmo.example", "http://olmo.example", "https:", "data:text/html,x", "javascript:alert(1)",
        "'self'", "https://olmo.example; script-src *", "https://a.example https://b.example", "https://user@olmo.example",
        "https://10.0.0.1", "https://[::1]", "https://olmo", "https://olmo.example:99999", "https://olmo.example\nX-Evil: 1", "https://[",
    ],
)  # fmt: skip
def test_what_would_let_others_in_is_refused(said):
    with pytest.raises(ValidationError):
        plain_origin(said)


@given(st.text(max_size=60))
def test_nothing_but_one_origin_ever_comes_through(said):
    try:
        origin = plain_origin(said)
    except ValidationError:
        return
    assert origin.isascii() and origin.startswith(("https://", "http://localhost", "http://127.0.0.1"))
    assert not set(origin) & set(" ;,'\"*\r\n\t/") - {"/"} and origin.count("/") == 2


@pytest.mark.django_db
def test_sites_are_kept_once_each_and_noted():
    shop = make.shop()
    with shop_context(shop.pk):
        for _time in range(2):
            said = ["https://a.example", "", "a.example", "https://b.example/x"]
            assert set_frames(shop=shop, said=said, by=SYSTEM) == ["https://a.example", "https://b.example"]
        assert Brand.objects.for_shop(shop).get().frames == ["https://a.example", "https://b.example"]
        (entry,) = AuditEntry.objects.for_shop(shop)
        assert (entry.action, entry.after) == (
            "widget.sites",
            {"sites": ["https://a.example", "https://b.example"]},
        )
        with pytest.raises(ValidationError, match="No more than 10"):
            set_frames(shop=shop, said=[f"s{n}.example" for n in range(11)], by=SYSTEM)
