"""Round trips through Debian's Postfix and Dovecot."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from app.cli.status import sweep
from checks.facts import RoundTripFacts
from checks.model import Result, State, Target
from checks.protocol import roundtrip
from tests.canaries import Lab, lab
from tests.lab.dovecot import PASSWORD

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("roundtrip-real")]

NAMES = (
    "canary1@lab.test",
    "canary1@lab.test>canary2@dept.test",
    "canary2@dept.test",
    "canary2@dept.test>canary1@lab.test",
    "PORT25>canary1@lab.test",
    "PORT25>canary2@dept.test",
)


@pytest.fixture(scope="module")
def mail() -> Iterator[Lab]:
    with lab() as made:
        yield made


@pytest.fixture
def own_mail() -> Iterator[Lab]:
    """For tests that break something."""
    with lab() as made:
        yield made


def facts(result: Result) -> RoundTripFacts:
    assert isinstance(result.facts, RoundTripFacts), result
    return result.facts


def rungs(result: Result) -> dict[str, str]:
    return {f"{rung.side}.{rung.name}": rung.status for rung in facts(result).rungs}


def test_every_canary_domain_and_door_is_covered(mail: Lab) -> None:
    port = str(mail.postfix.ports["smtp"])
    names = [one.name.replace(f"mail1:{port}", "PORT25") for one in _targets(mail)]
    assert names == list(NAMES)


def _targets(mail: Lab) -> list[Target]:
    return roundtrip.targets(mail.load().system)


@pytest.mark.parametrize("name", NAMES)
async def test_mail_goes_there_and_back_and_leaves_nothing(mail: Lab, name: str) -> None:
    result = await mail.ask(name)
    assert (result.state, result.findings) == (State.OK, ()), result
    assert result.summary.startswith("there and back in ")
    seen = facts(result)
    assert {rung.status for rung in seen.rungs} == {"passed"}
    assert seen.queue_id
    assert seen.queue_id in mail.postfix.log.read_text()
    assert [hop.protocol for hop in seen.hops][-1] == "LMTP"
    assert all(hop.at for hop in seen.hops)
    assert mail.mailbox("canary1") == mail.mailbox("canary2") == []


async def test_a_locked_mailbox_is_one_users_trouble(own_mail: Lab) -> None:
    users = own_mail.dovecot.folder / "users"
    users.write_text(users.read_text().replace("canary1:", "canary1:another "))
    verdict = (await sweep(own_mail.load())).verdict
    assert (verdict.verdict, verdict.scope.kind) == ("degraded", "one-user")
    assert verdict.scope.affected == ("canary1@lab.test",)
    assert verdict.scope.unaffected == ("canary2@dept.test",)
    log = own_mail.postfix.log.read_text() + own_mail.dovecot.log.read_text()
    assert log.count("authentication failed") <= 2


async def test_a_domain_whose_map_is_broken_is_one_domains_trouble() -> None:
    with lab(virtual_mailbox_maps="inline:{canary1@lab.test=x}") as mail:
        scene = await sweep(mail.load())
    assert (scene.verdict.verdict, scene.verdict.scope.kind) == ("outage", "one-domain")
    assert scene.verdict.summary == "nobody of dept.test can receive mail"
    standing = scene.board.standings["roundtrip/canary1@lab.test>canary2@dept.test"]
    assert standing.result is not None
    assert "550 5.1.1" in standing.result.summary


async def test_mail_that_is_returned_is_told_of_with_the_reason_and_nothing_is_left() -> None:
    nowhere = "inline:{dept.test=smtp:[nowhere.invalid]}"
    with lab(transport_maps=nowhere, virtual_mailbox_domains="lab.test", relay_domains="dept.test",
             disable_dns_lookups="yes", smtp_host_lookup="native") as mail:  # fmt: skip
        result = await mail.ask("canary1@lab.test>canary2@dept.test", deadline=8.0)
        left = mail.mailbox("canary1")
    assert (result.state, result.codes) == (State.CRITICAL, ("roundtrip.returned",))
    assert result.summary.startswith("1 message came back: ")
    assert "nowhere.invalid" in result.summary
    assert left == []


async def test_mail_that_waits_in_the_queue_is_late_and_then_told_of(own_mail: Lab) -> None:
    await own_mail.ask("canary1@lab.test", pause=0.0)
    own_mail.dovecot.lmtp.rename(own_mail.dovecot.lmtp.with_suffix(".away"))
    late = await own_mail.ask("canary1@lab.test", pause=0.0, late=0.5, deadline=4.0)
    assert (late.state, late.codes) == (State.WARNING, ("roundtrip.delayed",))
    assert rungs(late)["send.submit"] == "passed"
    assert rungs(late)["deliver.deliver"] == "poor"
    own_mail.dovecot.lmtp.with_suffix(".away").rename(own_mail.dovecot.lmtp)
    own_mail.postfix.command("postqueue", "-f")
    came = await own_mail.ask("canary1@lab.test", pause=60.0, late=30.0)
    assert came.state == State.OK, came
    assert facts(came).queue_id
    assert own_mail.mailbox("canary1") == []


def test_status_shows_trips_and_no_password(mail: Lab) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "status", "--json", "--config", str(mail.config)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    checks = {one["id"]: one for one in json.loads(done.stdout)["checks"]}
    trip = checks["roundtrip/canary1@lab.test>canary2@dept.test"]
    assert trip["state"] == "OK"
    assert {"send.log-in", "send.submit", "deliver", "read.fetch"} <= trip["phases"].keys()
    assert PASSWORD not in done.stdout + done.stderr
