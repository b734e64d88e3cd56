"""What a request tells of who looks at a page."""

import pytest

from tracking.counting import Device, Reader, country_of, device_of, is_view, makes_cards, reader_of

ANDROID = "Mozilla/5.0 (Linux; Android 15; {}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 {}Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Mobile/15E148 Safari/604.1"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.mark.parametrize(
    "agent,device",
    [
        (IPHONE, Device.PHONE),
        (ANDROID.format("Pixel 9", "Mobile "), Device.PHONE),
        (ANDROID.format("CUBOT X70", "Mobile "), Device.PHONE),
        (ANDROID.format("SM-X710", ""), Device.TABLET),
        ("Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", Device.TABLET),
        (WINDOWS, Device.DESKTOP),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.6 Safari/605.1.15", Device.DESKTOP),
        ("Mozilla/5.0 (SMART-TV; Tizen 8.0)", Device.OTHER),
    ],
)  # fmt: skip
def test_the_device_is_told_by_the_browser_and_each_is_a_person(agent, device):
    assert device_of({"User-Agent": agent}) is device
    assert reader_of({"User-Agent": agent}) is Reader.PERSON


def test_a_browser_that_hints_at_a_phone_is_on_one():
    assert device_of({"User-Agent": "Mozilla/5.0", "Sec-CH-UA-Mobile": "?1"}) is Device.PHONE
    assert device_of({"User-Agent": "Mozilla/5.0", "Sec-CH-UA-Mobile": "?0"}) is Device.DESKTOP


@pytest.mark.parametrize(
    "agent",
    [
        "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        "WhatsApp/2.23.20.0 A",
        "TelegramBot (like TwitterBot)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    ],
)
def test_programs_that_draw_cards_of_links_are_known(agent):
    assert makes_cards(agent)
    assert reader_of({"User-Agent": agent}) is Reader.BOT


@pytest.mark.parametrize(
    "agent", ["", "curl/8.5.0", "python-requests/2.32", "Mozilla/5.0 (compatible; Googlebot/2.1)", "HeadlessChrome/140"]
)  # fmt: skip
def test_other_programs_are_no_persons_and_draw_no_cards(agent):
    assert reader_of({"User-Agent": agent}) is Reader.BOT
    assert not makes_cards(agent)


@pytest.mark.parametrize(
    "agent",
    [
        f"{IPHONE} [FBAN/FBIOS;FBAV/480.0]",
        f"{IPHONE} Instagram 340.0",
        f"{ANDROID.format('Pixel 9', 'Mobile ')} [LinkedInApp]",
        f"{IPHONE} Slack_SSB/24.1",
    ],
)
def test_somebody_who_reads_inside_another_app_is_a_person(agent):
    assert reader_of({"User-Agent": agent}) is Reader.PERSON
    assert not makes_cards(agent)


@pytest.mark.parametrize(
    "header", [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}]
)
def test_a_page_fetched_ahead_was_not_looked_at(header):
    assert reader_of({"User-Agent": WINDOWS, **header}) is Reader.PREFETCH


@pytest.mark.parametrize(
    "said,country",
    [
        ("es-ES,es;q=0.9,en;q=0.8", "ES"),
        ("pt-BR", "BR"),
        ("zh-Hant-TW,zh;q=0.9", "TW"),
        ("es", ""),
        ("es-419", ""),
        ("", ""),
        ("x" * 500, ""),
    ],
)
def test_without_a_proxy_that_knows_the_country_is_that_of_the_first_language(said, country):
    assert country_of({"Accept-Language": said}) == country


@pytest.mark.parametrize(
    "said,country", [("PY", "PY"), ("py", "PY"), ("XX", ""), ("T1", ""), ("", ""), ("Peru", "")]
)
def test_a_proxy_that_knows_the_country_is_believed_and_no_language_instead(said, country):
    assert country_of({"CF-IPCountry": said, "Accept-Language": "es-ES"}, "CF-IPCountry") == country


@pytest.mark.parametrize(
    "headers,counts",
    [
        ({"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"}, True),  # typed, or from a mail
        ({"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-User": "?1"}, True),
        ({"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin"}, False),  # reloads itself
        ({"Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"}, False),  # an open page asks
        ({"Sec-Fetch-Dest": "iframe"}, False),
        ({}, True),
        ({"If-None-Match": 'W/"1"'}, False),
    ],
)
def test_a_view_is_somebody_opening_the_page(headers, counts):
    assert is_view(headers) is counts
