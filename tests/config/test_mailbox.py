"""The demo's mailbox keeps every mail, shows it, and lets it do nothing."""

import re
import smtplib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from email.message import EmailMessage
from io import BytesIO
from wsgiref.util import setup_testing_defaults

import pytest

from config.demo.mailbox.pages import application
from config.demo.mailbox.store import Store


def mail(**fields):
    message = EmailMessage()
    message["From"] = fields.get("sender", "Cerámica Turia <hola@turia.example>")
    message["To"] = fields.get("to", "Ana <ana@example.com>")
    message["Subject"] = fields.get("subject", "Tu pedido está en reparto")
    message.set_content(fields.get("text", "Llega hoy."))
    if html := fields.get("html", "<html><head></head><body><p>Llega hoy.</p></body></html>"):
        message.add_alternative(html, subtype="html")
    return message


def keep(store, to="ana@example.com", **fields):
    return store.keep(mail(**fields).as_bytes(), recipients=[to])


def get(app, path, query="", host="127.0.0.1:8025", method="GET", **headers):
    environ = {
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "HTTP_HOST": host,
        "REQUEST_METHOD": method,
        **headers,
    }
    setup_testing_defaults(environ)
    environ["wsgi.input"] = BytesIO()
    said = {}

    def start_response(status, headers):
        said.update(status=int(status[:3]), headers=dict(headers))

    body = b"".join(app(environ, start_response)).decode(errors="replace")
    return said["status"], said["headers"], body


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "mailbox")


@pytest.fixture
def app(store):
    return application(store)


def test_the_newest_mail_stands_first(store, app):
    for subject in ("one", "two", "three"):
        keep(store, subject=subject)

    status, _, body = get(app, "/")

    assert status == 200
    assert re.findall(r"<strong>(.*?)</strong>", body) == ["three", "two", "one"]
    assert "Cerámica Turia" in body
    assert "3 mails" in body


def test_mails_are_found_by_recipient_whatever_the_case(store, app):
    keep(store, to="ana@example.com", subject="for ana")
    keep(store, to="luis@example.com", subject="for luis")

    _, _, body = get(app, "/", "q=LUIS")

    assert re.findall(r"<strong>(.*?)</strong>", body) == ["for luis"]
    assert "No mail to “nobody”" in get(app, "/", "q=nobody")[2]


def test_a_mail_to_a_hidden_copy_is_found_by_its_envelope(store):
    store.keep(mail(to="Ana <ana@example.com>").as_bytes(), recipients=["archive@example.com"])

    assert [m.recipients for m in store.newest_first(recipient="archive")] == ["archive@example.com"]


def test_what_a_mail_says_is_escaped_everywhere(store, app):
    evil = '<script>alert("x")</script>'
    mail_id = keep(
        store, sender=f"{evil} <a@example.com>", subject=evil, text=evil, html=None, to=f"{evil}@example.com"
    )

    for path, query in (("/", ""), ("/", f"q={evil}"), ("/list", ""), (f"/m/{mail_id}", "")):
        assert "<script>alert" not in get(app, path, query)[2], path


def test_a_mails_html_is_shut_in_a_frame_that_runs_nothing(store, app):
    mail_id = keep(
        store, html="<html><head><title>x</title></head><body><script>steal()</script></body></html>"
    )

    _, _, page = get(app, f"/m/{mail_id}")
    status, headers, body = get(app, f"/m/{mail_id}/html")

    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "steal" not in page
    assert status == 200
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'")
    assert "script-src" not in policy
    assert '<head><base target="_blank">' in body


def test_pictures_that_came_along_are_shown_and_other_files_are_only_handed_over(store, app):
    message = mail(html='<img src="cid:logo@turia">')
    message.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<logo@turia>")
    message.add_attachment(b"<script>", maintype="text", subtype="html", filename="página.html")
    mail_id = store.keep(message.as_bytes(), recipients=["ana@example.com"])

    assert f'src="/m/{mail_id}/cid/logo@turia"' in get(app, f"/m/{mail_id}/html")[2]
    status, headers, _ = get(app, f"/m/{mail_id}/cid/logo@turia")
    assert (status, headers["Content-Type"], headers["Content-Disposition"]) == (200, "image/png", "inline")

    page = get(app, f"/m/{mail_id}")[2]
    path = re.search(r'href="(/m/[^"]+/file/\d+)">página.html', page)[1]
    status, headers, body = get(app, path)
    assert (status, headers["Content-Type"], body) == (200, "application/octet-stream", "<script>")
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''p%C3%A1gina.html"


@pytest.mark.parametrize(
    "path",
    [
        "/m/../../etc/passwd",
        "/m/..%2f..%2fetc%2fpasswd",
        "/m/1795296000000000000-00000000",
        "/m/x/html",
        "/static/../pages.py",
        "/static/pages.py",
        "/etc/passwd",
    ],
)
def test_nothing_but_mails_can_be_reached(store, app, tmp_path, path):
    (tmp_path / "secret.eml").write_text("Subject: secret\n\n")

    status, _, body = get(app, path)

    assert (status, body) == (404, "There is nothing here.\n")


def test_it_answers_only_to_this_machines_names_and_only_to_looking(app):
    assert get(app, "/", host="rebound.example:8025")[0] == 403
    assert get(app, "/", host="localhost:8025")[0] == 200
    assert get(app, "/", method="POST")[0] == 405


def test_the_open_list_is_sent_again_only_when_something_came(store, app):
    keep(store)
    _, _, page = get(app, "/")
    version = re.search(r'data-version="([^>]*?)"(?=>)', page)[1].replace("&quot;", '"')

    assert get(app, "/list", HTTP_IF_NONE_MATCH=version)[0] == 304
    keep(store)
    status, headers, _ = get(app, "/list", HTTP_IF_NONE_MATCH=version)
    assert status == 200
    assert headers["ETag"] != version


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: =?no-such-charset?Q?x?=\r\n\r\nx",
        b"From: <<<>>,,\r\nTo: @@\r\nContent-Type: text/html; charset=nothing\r\n\r\n<p>x",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Subject: a\r\n b\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
    ],
)
def test_no_mail_is_too_broken_to_be_shown(store, app, raw):
    mail_id = store.keep(raw, recipients=["ana@example.com"])

    assert get(app, "/")[0] == 200
    assert get(app, f"/m/{mail_id}")[0] == 200


def test_a_half_written_mail_is_never_shown(store):
    (store.directory / "1795296000000000000-00000000.new").write_bytes(b"Subject: half")

    assert store.newest_first() == []
    assert list(Store(store.directory).directory.iterdir()) == []


def test_only_the_newest_hundred_are_listed_with_a_way_to_the_older(store, app):
    for number in range(103):
        keep(store, subject=f"mail {number}")

    _, _, body = get(app, "/")
    older = re.search(r'href="/\?([^"]*before[^"]*)"', body)[1].replace("&amp;", "&")

    assert len(re.findall(r"<strong>", body)) == 100
    assert re.findall(r"<strong>(.*?)</strong>", get(app, "/", older)[2]) == ["mail 2", "mail 1", "mail 0"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_mail_sent_by_smtp_is_there_and_outlives_a_kill(tmp_path):
    port, smtp_port = free_port(), free_port()
    argv = [sys.executable, "-m", "config.demo.mailbox", "--port", str(port), "--smtp-port", str(smtp_port)]

    def started():
        process = subprocess.Popen([*argv, "--directory", str(tmp_path)], stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/")
                return process
            except urllib.error.URLError:
                time.sleep(0.05)
        pytest.fail("the mailbox did not answer within 10 s")

    first = started()
    with smtplib.SMTP("127.0.0.1", smtp_port) as smtp:
        smtp.send_message(mail(subject="Señal ñandú ✓"))
    first.kill()
    first.wait()
    second = started()
    try:
        body = urllib.request.urlopen(f"http://127.0.0.1:{port}/").read().decode()
    finally:
        second.terminate()
        second.wait(5)

    assert re.findall(r"<strong>(.*?)</strong>", body) == ["Señal ñandú ✓"]
