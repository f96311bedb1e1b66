"""Real sshds, real tools: what a device has is chosen by its PATH."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.facts import Sight, VantageFacts
from checks.hosts import Denied, Login, LoginError, Output
from checks.hosts.local import LocalLogin
from checks.hosts.ssh import SshLogin
from checks.model import Host, Result, State, System, Target, Vantage
from checks.network import _errand, vantage
from checks.network._errand import Outcome
from checks.resolver import Resolver
from tests.lab.sshd import Sshd
from tests.peers import serve, smtp, tcp
from tests.spaces import NOBODY_FAR, THERE, THERE_6, Row

NEEDED = ("sh", "printf", "tr", "grep", "sleep", "cat", "ping", "true", "kill", "head")
"""What every device has beside a tool."""

SETS = {
    "bash": ("bash", "timeout"),
    "bash without timeout": ("bash",),
    "nc": ("nc", "timeout"),
    "nc without timeout": ("nc",),
    "curl": ("curl", "timeout"),
    "busybox": (),
}


class Device(LocalLogin):
    """A device with these tools and no others; `inside` enters its network."""

    name = "ssh:gw"
    is_local = False

    def __init__(self, folder: Path, *inside: str) -> None:
        self._prefix = [*inside, "/usr/bin/env", f"PATH={folder}"]
        super().__init__()

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        shell = "/bin/dash" if Path("/bin/dash").exists() else "/bin/sh"
        words = [*self._prefix, shell, *argv[1:]]
        return await super().run(words, deadline=deadline, limit=limit)


def device(folder: Path, tools: Sequence[str], *inside: str) -> Device:
    """A device whose PATH is `folder`, which gets those tools; without any, busybox alone."""
    for name in (*NEEDED, *tools) if tools else ():
        (folder / name).symlink_to(shutil.which(name) or pytest.skip(f"{name} is not installed"))
    if not tools:
        busybox = shutil.which("busybox") or pytest.skip("busybox is not installed")
        for name in (*NEEDED, "nc", "timeout"):
            (folder / name).symlink_to(busybox)
    return Device(folder, *inside)


class Says(LocalLogin):
    """A device that answers the same whatever it is asked, or fails."""

    name = "ssh:gw"

    def __init__(self, answer: bytes | LoginError) -> None:
        super().__init__()
        self.answer = answer

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        if isinstance(self.answer, LoginError):
            raise self.answer
        return Output(0, self.answer[:limit])


def target_of(login: Login, *hosts: Host) -> Target:
    system = System(
        name="lab",
        resolver=Resolver("127.0.0.1", port=9),
        hosts=hosts,
        vantages=(Vantage(name="gw", login=login),),
    )
    (target,) = vantage.targets(system)
    return target


async def asked(login: Login, *hosts: Host) -> Result:
    """From the device `gw`."""
    result = await vantage.check(target_of(login, *hosts), vantage.Options(), deadline=20)
    assert set(result.codes) <= set(vantage.FINDINGS)
    return result


def there(result: Result) -> list[str]:
    assert isinstance(result.facts, VantageFacts)
    return [one.there for one in result.facts.sights]


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
async def open_port() -> AsyncIterator[int]:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.real
@pytest.mark.parametrize("tools", SETS)
def test_each_tool_set_tells_open_refused_dropped_and_unreachable_apart(
    row: Row, tmp_path: Path, tools: str
) -> None:
    row.there.firewall("tcp dport 587 drop")
    row.router.firewall("ip daddr 10.79.2.88 reject with icmp type host-unreachable")
    gw = device(tmp_path, SETS[tools], "ip", "netns", "exec", row.here.name)
    services = ("smtp", "imap", "submission")
    hosts = [
        Host(name="mail1", address=THERE, services=services),
        Host(name="mail2", address="10.79.2.88", services=("smtp",)),
        Host(name="ns1", address=THERE),
        Host(name="ns2", address=NOBODY_FAR),
    ]
    with row.there.listening(25):
        result = row.here.run(lambda: asked(gw, *hosts))
    found = there(result)
    assert found[:4] == ["open", "refused", "dropped", "unreachable"]
    assert found[4] == "open"
    assert found[5] in ("dropped", "unreachable")
    assert result.codes == ("vantage.everywhere",)
    assert result.summary == "down from gw too: mail1:143, mail1:587, mail2:25 and 1 more"


@pytest.mark.real
@pytest.mark.parametrize("tools", ["bash", "nc", "busybox"])
def test_ipv6_is_asked_too(row: Row, tmp_path: Path, tools: str) -> None:
    gw = device(tmp_path, SETS[tools], "ip", "netns", "exec", row.here.name)
    with row.there.listening(25):
        result = row.here.run(
            lambda: asked(gw, Host(name="mail1", address=THERE_6, services=("smtp", "imap")))
        )
    assert there(result) == ["open", "refused"]


@pytest.mark.real
async def test_openssl_tells_what_speaks_from_what_refuses_and_no_more(
    tmp_path: Path, closed_port: int
) -> None:
    gw = device(tmp_path, ("openssl", "timeout"))
    async with serve(smtp.speaks()) as speaking, serve(tcp.silent) as silent:
        services = (f"smtp:{speaking}", f"imap:{closed_port}", f"imaps:{silent}")
        result = await asked(gw, Host(name="mail1", address="127.0.0.1", services=services))
    assert there(result) == ["open", "refused", "unclear"]


@pytest.mark.real
def test_what_only_we_do_not_reach_is_only_from_here(row: Row, tmp_path: Path) -> None:
    row.there.firewall("ip saddr 10.79.1.2 tcp dport 25 drop")
    gw = device(tmp_path, SETS["bash"], "ip", "netns", "exec", row.router.name)
    mail1 = Host(name="mail1", address=THERE, services=("smtp", "imap"))
    with row.there.listening(25), row.there.listening(143):
        result = row.here.run(lambda: asked(gw, mail1))
    assert result.state is State.WARNING
    assert result.codes == ("vantage.only-here",)
    assert result.summary == "only from here: gw reaches mail1:25, we do not"


@pytest.mark.real
async def test_one_command_over_ssh_asks_everything(
    sshd: Sshd, open_port: int, closed_port: int
) -> None:
    runs = []

    class Counted(SshLogin):
        async def run(
            self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20
        ) -> Output:
            runs.append(argv)
            return await super().run(argv, deadline=deadline, limit=limit)

    login = Counted(sshd.alias, config=str(sshd.config))
    services = (f"smtp:{open_port}", f"imap:{closed_port}")
    hosts = [Host(name=f"m{n}", address="127.0.0.1", services=services) for n in range(8)]
    try:
        result = await asked(login, *hosts)
    finally:
        await login.close()
    assert len(runs) == 1
    assert there(result) == ["open", "refused"] * 8
    assert result.codes == ("vantage.everywhere",)


async def test_a_device_without_any_tool_is_unknown_with_the_mend(tmp_path: Path) -> None:
    result = await asked(device(tmp_path, ("timeout",)), Host(name="a", address="127.0.0.1"))
    assert result.state is State.UNKNOWN
    assert result.codes == ("vantage.no-tool",)
    assert result.mend == "install bash, nc, curl or openssl on gw"


async def test_a_device_that_lets_nobody_in_is_unknown() -> None:
    result = await asked(Says(Denied("Permission denied")), Host(name="a", address="127.0.0.1"))
    assert result.state is State.UNKNOWN
    assert result.codes == ("login.denied",)


@pytest.mark.parametrize(
    "said", [b"", b"Welcome to RouterOS\n", b"tool \x1b[2Jnc\n", b"tool rm\n", b"0 0 open\n" * 9]
)
async def test_what_is_no_answer_says_nothing_of_anybody(said: bytes) -> None:
    result = await asked(Says(said), Host(name="a", address="127.0.0.1", services=("smtp:9",)))
    assert result.state is State.UNKNOWN
    assert result.codes == ("vantage.no-answer",)
    assert "\x1b" not in result.summary


async def test_a_device_is_not_asked_about_itself() -> None:
    login = Says(b"tool nc\n")
    target = target_of(
        login,
        Host(name="gw", address="127.0.0.1", login=login),
        Host(name="mail1", address="127.0.0.1", services=("smtp:9",)),
    )
    assert target.vantage is not None
    assert [one.name for one in target.vantage.asks] == ["mail1:9"]


async def test_a_place_that_it_says_nothing_of_is_not_known(closed_port: int) -> None:
    services = (f"smtp:{closed_port}",)
    result = await asked(Says(b"tool nc\n"), Host(name="a", address="127.0.0.1", services=services))
    assert there(result) == ["unclear"]
    assert result.state is State.UNKNOWN
    assert result.summary == "nothing could be asked from gw"


@given(st.binary(max_size=300), st.integers(0, 5))
def test_whatever_a_device_says_is_read_in_bounds(said: bytes, count: int) -> None:
    for answer in (said, b"tool bash\n" + said):
        found = _errand.read(answer, count)
        assert found.tool in ("", "bash") or found.tool in _errand.TOOLS
        assert set(found.outcomes) <= set(range(count))


@pytest.mark.parametrize(
    ("tool", "status", "said", "meaning"),
    [
        ("bash", 124, b"", Outcome.DROPPED),
        ("nc", 1, b"nc: connect to 10.0.0.1 port 25 (tcp) timed out", Outcome.DROPPED),
        ("nc", 0, b"Connection to 10.0.0.1 25 port [tcp/smtp] succeeded!", Outcome.OPEN),
        ("nc", 1, b"(UNKNOWN) [10.0.0.1] 25 (smtp) : Connection refused", Outcome.REFUSED),
        ("nc", 1, b"Ncat: Connection refused.", Outcome.REFUSED),
        ("nc-plain", 143, b"220 mail1 ESMTP", Outcome.OPEN),
        ("nc-plain", 1, b"nc: timed out", Outcome.DROPPED),
        ("curl", 28, b"* Connection timeout after 2001 ms", Outcome.DROPPED),
        ("curl", 28, b"* Connected to 10.0.0.1 (10.0.0.1) port 25", Outcome.OPEN),
        ("openssl", 1, b"CONNECTED(00000003) wrong version number", Outcome.OPEN),
        ("openssl", 1, b"connect:errno=111", Outcome.REFUSED),
        ("openssl", 124, b"", Outcome.UNCLEAR),
        ("bash", 127, b"", Outcome.UNCLEAR),
    ],
)
def test_what_tools_say_has_a_meaning(
    tool: str, status: int, said: bytes, meaning: Outcome
) -> None:
    assert _errand.outcome(tool, status, said.lower()) is meaning


def test_each_way_to_differ_is_a_finding_of_its_own() -> None:
    sights = [
        Sight("smtp/a:25", "a:25", "open", "open"),
        Sight("smtp/b:25", "b:25", "dropped", "open"),
        Sight("smtp/c:25", "c:25", "open", "refused"),
        Sight("smtp/d:25", "d:25", "dropped", "dropped"),
        Sight("smtp/e:25", "e:25", "dropped", "unclear"),
    ]
    state, findings = vantage.judge("gw", sights)
    assert state is State.WARNING
    assert [(one.code, one.text) for one in findings] == [
        ("vantage.everywhere", "down from gw too: d:25"),
        ("vantage.only-here", "only from here: gw reaches b:25, we do not"),
        ("vantage.only-there", "only from gw: we reach c:25, it does not"),
    ]
    assert vantage.judge("gw", sights[:1]) == (State.OK, [])
