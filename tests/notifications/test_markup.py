"""Of what a text may be besides words there is little, and what a variable brings is never any of it."""
# ruff: noqa: E501

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import markup, sandbox
from notifications.facts import plain

PAYLOADS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<a href=javascript:alert(1)>x</a>",
    '"><script>alert(1)</script>', "'><b>", "</td></tr></table><h1>x", "<!--", "--><script>", "<![endif]--><script>",
    "<!--[if mso]><b>x<![endif]-->", "<style>*{display:none}</style>", "<link rel=stylesheet href=//e.example>", "<base href=//e.example>",
    "<meta http-equiv=refresh content=0>", "<iframe src=//e.example>", "<object data=x>", "<embed src=x>", "<form action=//e.example>",
    "<input onfocus=alert(1) autofocus>", "<button formaction=javascript:alert(1)>", "<math><mi//xlink:href=x>", "<video src=x>",
    "<audio src=x>", "<details open ontoggle=alert(1)>", "<marquee onstart=alert(1)>", "<body onload=alert(1)>", "<mj-raw><b>x</mj-raw>",
    "<mj-text>x</mj-text></mj-column>", "<mj-include path='/etc/passwd' />", "</mj-text><mj-image src='//e.example' />",
    "{% raw %}<b>{% endraw %}", "{{ '<b>x</b>' }}", "{% assign a = '<b>' %}{{ a }}", "{% capture a %}<b>x</b>{% endcapture %}{{ a }}",
    "{% cycle '<b>', '<i>' %}", "{{ x | default: '<b>' }}", "{{ name | append: '<b>' }}", "{{ 'b' | prepend: '<' | append: '>' }}",
    "{% comment %}x{% endcomment %}<b>", "[x](javascript:alert(1))", "[x](https://a.example\" onclick=\"alert(1))", "[x](data:text/html,x)",
    "[x](vbscript:x)", "[<b>x</b>](https://a.example)", "[x](https://a.example/<script>)", "[x]({{ name }})", "[x]({{ 'javascript:alert(1)' }})",
    "[x](//e.example)", "[x](https://a.example)[y](javascript:1)", "**<b>x</b>**", "**<script>**", "<b **x** onclick=y>", "&lt;script&gt;",
    "&#60;script&#62;", "\x00<b>\x00", "<\x00script>", "\ue000x", "\ue002javascript:x\ue003y\ue004", "\ue000\ue001\ue002", "<scr\ue000ipt>", "\u2028<b>\u2029",
    "%3Cscript%3E", "\\u003cscript\\u003e", "＜script＞", "<ſcript>", "<b\n>x", "<B>x</B>", "< b>x", "<b/>", "<?xml?>", "<![CDATA[<b>]]>",
    "${alert(1)}", "@@padding@@", "@@apart@@<b>", "expression(alert(1))",
]  # fmt: skip


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_comment(self, data):
        self.found.append(("comment", {}))

    def handle_decl(self, decl):
        self.found.append(("decl", {}))

    unknown_decl = handle_pi = handle_decl


def strangers_in(html: str) -> list[tuple[str, dict[str, str]]]:
    """What is there that no text may be."""
    tags = Tags()
    tags.feed(html)
    tags.close()
    strange = []
    for tag, attributes in tags.found:
        allowed = {"p": {"style"}, "b": set(), "br": set(), "a": {"href", "class", "style"}}.get(tag)
        leads_nowhere = tag == "a" and not markup.address(attributes.get("href", ""))
        if allowed is None or set(attributes) - allowed or leads_nowhere:
            strange.append((tag, attributes))
    return strange


def made(source: str, name: str = "Ana") -> str:
    try:
        values = plain({"name": name})  # as facts are
        return str(markup.as_html(sandbox.fill(markup.marked(source), values)))
    except sandbox.WordsError:
        return ""


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_whoever_wrote_it_it_arrives_as_text(payload):
    assert strangers_in(made(payload)) == []
    assert strangers_in(made("**{{ name }}** [x](https://a.example/{{ name }})", payload)) == []


@given(st.text(alphabet="<>\"'&*[](){}%:/ab\n\ue000\ue001\ue002\ue003\ue004", max_size=60))
def test_no_text_is_anything_but_text(text):
    assert strangers_in(made(text)) == []


def test_bold_links_and_paragraphs_are_what_a_text_may_have():
    html = made("Hola, **{{ name }}**:\nmira [aquí](https://a.example/?a=1&b=2).\n\nAdiós")
    assert "<b>Ana</b>:<br />mira <a" in html and 'href="https://a.example/?a=1&amp;b=2"' in html
    assert html.count("<p ") == 2
    plain = markup.as_plain(
        sandbox.fill(markup.marked("**{{ name }}** [aquí](https://a.example)"), {"name": "Ana"})
    )
    assert plain == "Ana aquí: https://a.example"


def test_what_a_customer_is_called_is_never_markup():
    html = made("{{ name }}", "**Ana** [x](https://evil.example) \ue002https://evil.example\ue003x\ue004")
    assert "<b>" not in html and "<a" not in html


@pytest.mark.parametrize(
    "said", ["a\r\nBcc: x@e.example", "a\nb", "a\x0b\x0cb", "a\x85b", "a\u2028b", "a\x00b", "\r", "a\ue000b"]
)
def test_a_subject_is_one_line_whatever_it_was(said):
    assert not set(markup.one_line(said)) & set("\r\n\x00\x0b\x0c\x85\u2028\u2029\ue000")


@pytest.mark.parametrize(
    ("said", "is_one"),
    [
        ("https://a.example/x?y=1&z=2#q", True), ("http://localhost:8000/t/x/", True), ("mailto:a@b.example", True), ("tel:+34 600", True),
        ("javascript:alert(1)", False), ("JaVaScRiPt:x", False), ("data:text/html,x", False), ("//e.example", False), ("/t/x", False),
        ("https://a.example/ x", False), ('https://a.example/"x', False), ("mailto:a@b.example\nbcc:x", False), ("", False),
    ],
)  # fmt: skip
def test_a_link_leads_to_the_web_a_mailbox_or_a_telephone(said, is_one):
    assert bool(markup.address(said)) is is_one
