from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.facts import UpsFacts
from checks.hosts import Login, Output
from checks.model import Host, Result, State, System, Target
from checks.resolver import Resolver
from checks.server import ups
from checks.server.ups import Options, judge, parse
from tests.checks.server.asking import Answers
from tests.lab.nut import Nut, nut

CRITICAL, WARNING, OK, UNKNOWN = State.CRITICAL, State.WARNING, State.OK, State.UNKNOWN


def target(name: str, login: Login | None = None) -> Target:
    host = Host(name="mail1", address="127.0.0.1", ups=name, login=login)
    (found,) = ups.targets(System(name="lab", resolver=Resolver(), hosts=(host,)))
    return found


async def ask(name: str, login: Login | None = None, deadline: float = 10.0) -> Result:
    result = await ups.check(target(name, login), Options(), deadline=deadline)
    assert set(result.codes) <= set(ups.FINDINGS)
    return result


@pytest.fixture(scope="module")
def server() -> Iterator[Nut]:
    full = "battery.charge: 100\nbattery.runtime: 1800\nups.load: 23\nups.status: OL"
    supplies = {
        "mains": full,
        "battery": full.replace("OL", "OB DISCHRG"),
        "low": "battery.charge: 4\nbattery.runtime: 90\nups.status: OB LB",
    }
    with nut(supplies, "gone") as server:
        yield server


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "state", "codes", "summary"),
    [
        ("mains", OK, (), "UPS on mains, battery 100 %, lasts 30m 0s"),
        ("battery", WARNING, ("ups.on-battery",), "on battery, 30m 0s left"),
        ("low", CRITICAL, ("ups.on-battery", "ups.low-battery"),
         "on battery, 1m 30s left; battery low (4 %)"),
        ("gone", UNKNOWN, ("ups.silent",), "UPS not known: Driver not connected"),
        ("none", UNKNOWN, ("ups.not-found",), "UPS not known: Unknown UPS"),
    ],
)  # fmt: skip
async def test_nut_tells_of_its_supplies(
    server: Nut, name: str, state: State, codes: tuple[str, ...], summary: str
) -> None:
    result = await ask(server.place(name))
    assert (result.state, result.codes, result.summary) == (state, codes, summary)


@pytest.mark.real
async def test_where_nobody_listens_it_is_unknown(server: Nut) -> None:
    result = await ask(f"mains@{server.address}:9")
    assert (result.state, result.codes) == (UNKNOWN, ("ups.silent",))
    assert "Connection refused" in result.summary


async def test_on_localhost_it_is_asked_over_the_hosts_login() -> None:
    login = Answers(Output(0, b"ups.status: OL\n"))
    assert (await ask("rack1@localhost", login)).summary == "UPS on mains"
    missing = Answers(Output(127, b"", b"upsc: not found\n"))
    result = await ask("rack1@localhost:3493", missing)
    assert (result.codes, result.mend) == (("ups.no-tool",), "apt install nut-client")
    assert (await ask("rack1@localhost", Answers(Output(0, b"hello\n")))).codes == ("ups.garbled",)
    waits = Answers(Output(0, b"ups.status: WAIT\n"))
    assert (await ask("rack1@localhost", waits)).codes == ("ups.silent",)


@pytest.mark.parametrize(
    ("status", "runtime", "codes"),
    [
        ("OL CHRG", 90.0, []),
        ("OB", 601.0, [("ups.on-battery", WARNING)]),
        ("OB", 599.0, [("ups.on-battery", CRITICAL)]),
        ("OB", None, [("ups.on-battery", WARNING)]),
        ("OL LB", None, [("ups.low-battery", WARNING)]),
        ("FSD OB LB", None, [("ups.shutting-down", CRITICAL), ("ups.on-battery", CRITICAL),
                             ("ups.low-battery", CRITICAL)]),
        ("OL RB OVER BYPASS", None, [("ups.replace-battery", WARNING), ("ups.overload", WARNING),
                                     ("ups.bypass", WARNING)]),
        ("OFF", None, [("ups.off", CRITICAL)]),
    ],
)  # fmt: skip
def test_judging(status: str, runtime: float | None, codes: list[tuple[str, State]]) -> None:
    seen = UpsFacts(status=tuple(status.split()), runtime=runtime)
    assert [(one.code, one.state) for one in judge(seen, Options())] == codes


@given(st.text(alphabet="ups.tateryrnim: OLB0123456789\n", max_size=200))
def test_the_parser_raises_nothing(text: str) -> None:
    for given_text in (text, f"ups.status: OL\n{text}", f"ups.status: {text}"):
        seen = parse(given_text)
        assert seen is None or all(word.isprintable() for word in seen.status)
