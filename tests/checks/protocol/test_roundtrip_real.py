"""Round trips through Debian's Postfix and Dovecot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from checks.facts import RoundTripFacts
from checks.model import Result, State, Target
from checks.protocol import roundtrip
from tests.canaries import Lab, lab

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
