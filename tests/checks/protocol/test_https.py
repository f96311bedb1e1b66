from __future__ import annotations

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import ConfigError, load
from checks.http import Answer
from checks.model import Result, State
from checks.protocol import https
from checks.protocol.https import ANY, Options, Page
from tests.checks.protocol.asking import ask, ca_file, target
from tests.lab.daemon import Daemon
from tests.lab.nginx import nginx
from tests.peers import Peer, tcp, tls


@pytest.fixture(scope="module")
def server() -> Iterator[Daemon]:
    with nginx() as running:
        yield running


async def asked(server: Daemon, *pages: Page, slow: float = 3.0) -> Result:
    where = target(
        "https", server.ports["https"], ca_file=str(server.ca_file), address=server.address
    )
    chosen = Options(page=pages, slow=slow)
    result = await https.check(where, chosen, deadline=5)
    assert set(result.codes) <= set(https.FINDINGS)
    return result


real = [pytest.mark.real, pytest.mark.xdist_group("https-real")]


class TestReal:
    pytestmark = real

    async def test_webmail_that_leads_to_its_login_is_fine(self, server: Daemon) -> None:
        result = await asked(server)
        assert (result.state, result.codes, result.summary) == (State.OK, (), "/ 302")
        assert "GET /: 302 to " in result.evidence[0]
        assert result.metrics["tls_days_left"] > 7

    async def test_each_page_is_asked_for_over_one_connection(self, server: Daemon) -> None:
        paths = ("/webmail/", "/owa/healthcheck.htm", "/mail/config-v1.1.xml")
        result = await asked(server, *(Page(path=path) for path in paths))
        assert result.state is State.OK, result
        phases = [phase.name for phase in result.phases]
        assert phases == ["resolve", "connect", "tls", "ask", "ask", "ask"]

    @pytest.mark.parametrize(
        ("page", "code", "words"),
        [
            (Page(path="/mapi/healthcheck.htm"), "https.error", "healthcheck.htm answers 503"),
            (Page(path="/ews/healthcheck.htm"), "https.text", "200 without “200 OK”"),
            (Page(path="/gone"), "https.missing", "/gone answers 404"),
            (Page(path="/secret/"), "https.status", "/secret/ answers 401"),
            (Page(path="/webmail/", text="Horde"), "https.text", "200 without “Horde”"),
            (Page(path="/", status=200), "https.status", "/ answers 302"),
        ],
    )
    async def test_a_page_that_is_not_what_it_should_be_has_its_own_finding(
        self, server: Daemon, page: Page, code: str, words: str
    ) -> None:
        result = await asked(server, Page(path="/webmail/"), page)
        assert (result.state, result.codes) == (State.CRITICAL, (code,))
        assert words in result.summary

    async def test_a_status_that_is_expected_is_right(self, server: Daemon) -> None:
        assert (await asked(server, Page(path="/secret/", status=401))).state is State.OK

    async def test_a_page_of_another_host_is_not_asked_for_here(self, server: Daemon) -> None:
        result = await asked(server, Page(path="/gone", host="other"))
        assert result.summary == "/ 302"

    async def test_a_slow_page_is_a_warning(self, server: Daemon) -> None:
        assert (await asked(server, slow=0.0)).codes == ("https.slow",)


@pytest.mark.parametrize(
    ("context", "code"),
    [
        (tls.expired, "tls.expired"),
        (tls.wrong_name, "tls.wrong-name"),
        (tls.self_signed, "tls.self-signed"),
        (tls.unknown_ca, "tls.unknown-ca"),
    ],
)
async def test_a_certificate_that_browsers_refuse_is_critical(
    context: Callable[[], ssl.SSLContext], code: str
) -> None:
    peer = tcp.says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    result = await ask(https, "https", peer, tls=context(), ca_file=ca_file())
    assert (result.state, result.codes) == (State.CRITICAL, (code,))


def endless_body(head: bytes) -> Peer:
    async def peer(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(b"x" * 65536)
            await writer.drain()
            await asyncio.sleep(0)

    return peer


@pytest.mark.parametrize(
    ("peer", "code"),
    [
        (tcp.silent, "https.timeout"),
        (tcp.closes, "https.garbled"),
        (tcp.trickles, "https.timeout"),
        (tcp.says(b""), "https.timeout"),
        (tcp.endless_line, "https.garbled"),
        (tcp.endless_lines(b"HTTP/1.1 100 Continue\r\n\r\n"), "https.timeout"),
        (tcp.says(tcp.JUNK), "https.garbled"),
        (tcp.says(tcp.SSH), "https.timeout"),
        (tcp.says(b"220 mx ESMTP\r\n"), "https.timeout"),
        (tcp.says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"), "https.timeout"),
        (tcp.says(b"HTTP/1.1 500 " + tcp.HOSTILE + b"\r\n\r\n"), "https.timeout"),
        (tcp.says(b"HTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\n"), "https.error"),
    ],
)
async def test_each_way_to_answer_badly_has_a_finding(peer: Peer, code: str) -> None:
    result = await ask(https, "https", peer, tls=tls.good(), ca_file=ca_file())
    assert (result.state, result.codes) == (State.CRITICAL, (code,)), result


async def test_a_page_without_end_is_judged_by_its_beginning() -> None:
    peer = endless_body(b"HTTP/1.1 200 OK\r\n\r\n<title>\x1b[2Jmail</title>\n")
    result = await ask(https, "https", peer, tls=tls.good(), ca_file=ca_file())
    assert result.state is State.OK
    assert "  <title>^[[2Jmail</title>" in result.evidence


async def test_plain_text_and_a_stalled_handshake_are_matters_of_tls() -> None:
    plain = await ask(https, "https", tcp.says(b"HTTP/1.1 400 no\r\n\r\n"), ca_file=ca_file())
    stalled = await ask(https, "https", tls.stalls, ca_file=ca_file())
    assert (plain.codes, stalled.codes) == (("tls.plaintext",), ("tls.timeout",))


@given(st.sampled_from([0, 200, 401]), st.integers(100, 599), st.booleans(), st.booleans())
def test_a_servers_error_is_never_right(status: int, got: int, has: bool, wants: bool) -> None:
    page = Page(path="/", status=status, text="mail" if wants else "")
    answer = Answer(got, {}, b"mail" if has else b"")
    for one in (page, ANY):
        judged = https.judge_answer(one, answer)
        assert bool(judged) or got < 500
    if wants and not has:
        assert https.judge_answer(page, answer)


CONFIG = """
[[host]]
name = "mail1"
address = "mail1.lab.test"
services = ["https", "https:8443"]

[[check.https.page]]
path = "{path}"
"""


def test_pages_stand_in_the_config(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(path="/owa/healthcheck.htm"))
    config = load(path)
    assert config.options("https") == Options(page=(Page(path="/owa/healthcheck.htm"),))
    assert [one.id for one in https.targets(config.system)] == [
        "https/mail1:443",
        "https/mail1:8443",
    ]


def test_a_path_that_is_none_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(path="owa"))
    with pytest.raises(ConfigError, match="a page's path begins with /"):
        load(path)
