from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.hosts.local import LocalLogin
from checks.model import State
from checks.outside import _nagios
from checks.outside._service import Babbles
from tests.checks.outside.asking import ask, facts
from tests.peers import HOST, Peer, http, serve

RECORDED = Path(__file__).with_name("recorded")
STATUS = RECORDED / "nagios-status.dat"


def nagios(which: str = "") -> Peer:
    """Answers as the recorded one did."""

    def content(path: str) -> tuple[int, bytes]:
        kind = path.partition("query=")[2].partition("&")[0]
        return 200, (RECORDED / f"nagios-{kind}{which}.json").read_bytes()

    return http.serves(content)


async def test_the_cgi_tells_hosts_and_services_that_are_not_well() -> None:
    async with serve(nagios()) as port:
        found = await ask(kind="nagios", url=f"http://{HOST}:{port}/cgi-bin/statusjson.cgi")
    assert (found.state, found.codes) == (State.CRITICAL, ("monitor.alert.firing",)), found
    alerts = {one.name: one for one in facts(found).alerts}
    assert set(alerts) == {"host down", "SMTP"}
    assert alerts["host down"].summary == "PING CRITICAL - Packet loss = 100%"
    assert alerts["host down"].note == "not confirmed"
    assert alerts["SMTP"].since is not None
    assert [(one.name, one.about, one.severity) for one in facts(found).others] == [
        ("Disk", "db7", "warning")
    ]


async def test_the_status_file_tells_the_same_as_the_cgi() -> None:
    async with serve(nagios()) as port:
        by_cgi = await ask(kind="nagios", url=f"http://{HOST}:{port}/cgi-bin/statusjson.cgi")
    by_file = await ask(kind="nagios", login=LocalLogin(), status_file=str(STATUS))
    assert by_file.facts == by_cgi.facts
    assert by_file.summary == by_cgi.summary


async def test_a_user_who_may_see_nothing_is_not_told_that_all_is_well() -> None:
    async with serve(nagios("-blind")) as port:
        found = await ask(kind="nagios", url=f"http://{HOST}:{port}/cgi-bin/statusjson.cgi")
    assert (found.state, found.codes) == (State.UNKNOWN, ("monitor.denied",)), found


async def test_a_question_that_is_refused_with_200_is_seen_to_be() -> None:
    refused = (RECORDED / "nagios-refused.json").read_bytes()
    async with serve(http.serves(lambda _path: (200, refused))) as port:
        found = await ask(kind="nagios", url=f"http://{HOST}:{port}/cgi-bin/statusjson.cgi")
    assert (found.state, found.codes) == (State.UNKNOWN, ("monitor.refuses",)), found


@pytest.mark.parametrize(
    ("path", "code"),
    [("/nonexistent", "monitor.unreachable"), ("/etc/hostname", "monitor.garbled")],
)
async def test_a_file_that_is_not_there_or_none_of_nagios_is_unknown(path: str, code: str) -> None:
    found = await ask(kind="nagios", login=LocalLogin(), status_file=path)
    assert (found.state, found.codes) == (State.UNKNOWN, (code,)), found


LINES = st.sampled_from(
    [
        "hoststatus {",
        "servicestatus {",
        "\t}",
        "\thost_name=mail1",
        "\tservice_description=SMTP",
        "\tcurrent_state=2",
        "\tcurrent_state=99999999999999999999",
        "\tlast_state_change=999999999999999",
        "\tstate_type=\u0663",
        "\tplugin_output=\x1b[2J=\xff",
        "=",
        "",
    ]
)


@given(st.one_of(st.lists(LINES).map("\n".join).map(str.encode), st.binary(max_size=300)))
def test_any_status_file_is_read_or_refused(content: bytes) -> None:
    try:
        told = _nagios.parse(content)
    except Babbles:
        return
    assert all(one.severity in ("critical", "warning") for one in told)
