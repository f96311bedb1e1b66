from __future__ import annotations

import pytest

from checks.hosts.local import LocalLogin
from checks.model import Result, State
from tests.checks.outside.asking import ask, facts

PLUGINS = "/usr/lib/nagios/plugins"


async def run(*command: str, deadline: float = 6.0) -> Result:
    login = LocalLogin()
    return await ask(kind="plugin", login=login, command=command, about="mail1", deadline=deadline)


async def sh(script: str, deadline: float = 6.0) -> Result:
    return await run("sh", "-c", script, deadline=deadline)


@pytest.mark.parametrize(
    ("status", "state", "severity"),
    [(1, State.WARNING, "warning"), (2, State.CRITICAL, "critical")],
)
async def test_its_exit_status_and_first_line_are_an_alert_about_the_host(
    status: int, state: State, severity: str
) -> None:
    found = await sh(f"printf 'DISK: \\033[2J 3%% left|/=97%%;80\\nmore|x=1'; exit {status}")
    assert (found.state, found.codes) == (state, ("monitor.alert.firing",))
    (alert,) = facts(found).alerts
    assert (alert.name, alert.about, alert.severity) == ("site", "mail1", severity)
    assert alert.summary == "DISK: ^[[2J 3% left"


async def test_ok_is_no_alert() -> None:
    found = await sh("echo fine")
    assert (found.state, found.summary) == (State.OK, "no alert on our hosts")


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        ("echo 'no such host'; exit 3", "monitor.refuses", "sh could not tell: no such host"),
        ("echo 'usage' >&2; exit 64", "monitor.refuses", "sh could not tell: usage"),
        ("exit 127", "monitor.unreachable", "there is no sh there"),
        ("sleep 60", "monitor.unreachable", "no answer in 1 s (run)"),
    ],
)
async def test_one_that_cannot_tell_is_unknown(script: str, code: str, words: str) -> None:
    found = await sh(script, deadline=1.0)
    assert (found.state, found.codes) == (State.UNKNOWN, (code,))
    assert words in found.summary


@pytest.mark.real
async def test_debians_plugins_are_understood() -> None:
    well = await run(f"{PLUGINS}/check_dummy", "0", "all is well")
    assert well.state == State.OK
    ill = await run(f"{PLUGINS}/check_tcp", "-H", "127.0.0.1", "-p", "9")
    assert ill.state == State.CRITICAL
    assert "refused" in facts(ill).alerts[0].summary
