"""Two hosts, two domains, two canaries each, as in the outage lab: who is hit by what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from msgspec import Struct
from msgspec.structs import replace

from checks.board import Board, Standing
from checks.diagnosis.severity import Severities
from checks.diagnosis.trips import LONG, is_explained
from checks.diagnosis.verdict import judge
from checks.facts import LogFacts, QueueFacts, Sight, VantageFacts
from checks.model import Finding, Severity, State, Verdict
from tests.boards import ONSET, board, result
from tests.trips import canary, standing, trip, waiting, with_trips

ONE, TWO = canary("one@lab.test", "mail1"), canary("two@lab.test", "mail1")
SIX, SEVEN = canary("six@dept.test", "mail2"), canary("seven@dept.test", "mail2")

TRIPS = {
    "1": trip(ONE, ONE),
    "2": trip(TWO, TWO),
    "6": trip(SIX, SIX),
    "7": trip(SEVEN, SEVEN),
    "1>6": trip(ONE, SIX),
    "2>6": trip(TWO, SIX),
    "6>1": trip(SIX, ONE),
    "7>1": trip(SEVEN, ONE),
    "out>1": trip("mail1", ONE),
    "out>7": trip("mail2", SEVEN),
}

PORTS = {"smtp": 25, "submission": 587, "smtps": 465, "imap": 143, "imaps": 993}


class Case(Struct, frozen=True):
    """What is seen, and what is to be said of it.

    `down` are services (``mail1:smtp``), `dark` those that nobody could look at, `trips` how trips
    fail (``send.submit``, ``waits``, ``late``), `other` further checks with their finding.
    """

    says: str
    verdict: str = "outage"
    scope: str = "one-host"
    severity: str = "SEV1"
    down: str = ""
    dark: str = ""
    trips: Mapping[str, str] = {}
    other: Mapping[str, tuple[State, str]] = {}


BOTH = "send.log in, read.log in"
FROM_1, TO_1 = ("1", "2", "1>6", "2>6"), ("1", "2", "6>1", "7>1", "out>1")
LOGIN_1 = {"1": BOTH, "2": BOTH, "1>6": "send.log in", "2>6": "send.log in"} | dict.fromkeys(
    ("6>1", "7>1", "out>1"), "read.log in"
)
MTA_1 = "mail1:smtp mail1:submission mail1:smtps"
IMAP_1 = "mail1:imap mail1:imaps"
MTA_2 = "mail2:smtp mail2:submission mail2:smtps"
EVERYTHING = f"{MTA_1} {IMAP_1} {MTA_2} mail2:imap mail2:imaps"
GONE = {"processes/mail1": (State.CRITICAL, "process.postfix.missing")}
SILENT_LOGINS = {"processes/gw": (State.UNKNOWN, "login.unreachable")}

CASES = {
    # nothing, or nothing that counts
    "all is well": Case("every service answers, test mail arrives", "healthy", "none", ""),
    "one session was closed, others read the same mailbox": Case(
        "every service answers", "healthy", "none", "", trips={"6>1": "read.list"}
    ),
    "two messages are on their way, others arrive at the same place": Case(
        "every service answers, test mail arrives", "healthy", "none", "",
        trips={"6>1": "waits", "7>1": "waits"},
    ),
    "one message waits alone": Case(
        "every service answers, test mail arrives", "healthy", "none", "", trips={"6": "waits"}
    ),
    # one user
    "a canary's password is refused": Case(
        "one@lab.test cannot send or read mail", "degraded", "one-user", "SEV4",
        trips={"1": BOTH, "1>6": "send.log in", "6>1": "read.log in"}
        | {"7>1": "read.log in", "out>1": "read.log in"},
    ),
    "what one sends is refused": Case(
        "two@lab.test cannot send mail", "degraded", "one-user", "SEV3",
        trips={"2": "send.submit", "2>6": "send.submit"},
    ),
    # one domain
    "every host refuses a domain": Case(
        "nobody of dept.test can receive mail", scope="one-domain",
        trips=dict.fromkeys(("6", "7", "1>6", "2>6", "out>7"), "send.submit"),
    ),
    "one host's map sends a domain nowhere": Case(
        "mail from mail1 does not reach dept.test", "degraded", "one-domain", "SEV2",
        trips={"1>6": "late", "2>6": "late"},
    ),
    "the MX of a domain is gone": Case(
        "dns/lab.test: refused", "degraded", "one-domain", "SEV2",
        other={"dns/lab.test": (State.CRITICAL, "dns.mx.missing")},
    ),
    "mail goes out unsigned": Case(
        "roundtrip/t: refused", "degraded", "one-domain", "SEV3",
        other={"roundtrip": (State.WARNING, "roundtrip.unsigned")},
    ),
    # one host
    "a host is dead": Case(
        "nobody on mail1 can send, receive or read mail", down=f"{MTA_1} {IMAP_1}",
        trips=dict.fromkeys((*FROM_1, "out>1"), "send.connect")
        | dict.fromkeys(("6>1", "7>1"), "read.connect"),
    ),
    "a host is dead, and no trip has ended yet": Case(
        "nobody on mail1 can send, receive or read mail", down=f"{MTA_1} {IMAP_1}",
        trips=dict.fromkeys(TRIPS, "unasked"),
    ),
    "an MTA is stopped": Case(
        "nobody on mail1 can send or receive mail", down=MTA_1,
        trips=dict.fromkeys((*FROM_1, "out>1"), "send.connect") | {"6>1": "waits", "7>1": "waits"},
    ),
    "the mailboxes of a host are closed": Case(
        "nobody on mail1 can read mail", down=IMAP_1, trips=dict.fromkeys(TO_1, "read.connect")
    ),
    "passwords can't be checked": Case("nobody on mail1 can send or read mail", trips=LOGIN_1),
    "a queue's disk is full": Case(
        "nobody on mail1 can send mail",
        trips=dict.fromkeys(FROM_1, "send.submit"),
        other={"disks/mail1": (State.CRITICAL, "disk.full")},
    ),
    "mail is taken and delivered to nobody": Case(
        "nobody on mail1 can receive mail", trips=dict.fromkeys(TO_1, "waits")
    ),
    "mail to a host is lost": Case(
        "nobody on mail1 can receive mail", trips=dict.fromkeys(TO_1, "deliver.deliver")
    ),
    "port 25 of a host is dropped": Case(
        "nobody on mail1 can receive mail from outside", "degraded", severity="SEV2",
        down="mail1:smtp", trips={"out>1": "send.connect", "6>1": "waits", "7>1": "waits"},
    ),
    "port 25 of a host is dropped, and nobody knows more yet": Case(
        "nobody on mail1 can receive mail from outside", "degraded", severity="SEV2",
        dark="mail1:smtp", trips=dict.fromkeys(TRIPS, "unasked") | {"out>1": "send.connect"},
    ),
    "port 25 of a host is closed, other hosts bring its mail": Case(
        "smtp is down on mail1; mail comes in by another way", "degraded", severity="SEV3",
        down="mail1:smtp", trips={"out>1": "send.connect"},
    ),
    "one of two doors for senders is closed": Case(
        "submission is down on mail1", "degraded", severity="SEV2", down="mail1:submission",
        trips=dict.fromkeys(FROM_1, "send.connect"),
    ),
    "packets to a host are lost": Case(
        "ping/mail1: refused", "degraded", severity="SEV3",
        other={"ping/mail1": (State.WARNING, "ping.loss")},
    ),
    "a certificate ends in days": Case(
        "imaps/mail1:993: refused", "degraded", "none", "SEV4",
        other={"imaps/mail1:993": (State.CRITICAL, "tls.expires-soon")},
    ),
    "port 25 shows a bad certificate, and others deliver all the same": Case(
        "smtp/mail1:25: refused", "degraded", severity="SEV3",
        other={"smtp/mail1:25": (State.CRITICAL, "tls.handshake-failed")},
    ),
    "one of two doors for senders lets nobody log in": Case(
        "submission/mail1:587: refused", "degraded", severity="SEV2",
        other={"submission/mail1:587": (State.WARNING, "smtp.starttls.missing")},
        trips=dict.fromkeys(FROM_1, "send.greet"),
    ),
    # one service
    "a service is down on every host, another does the same": Case(
        "imaps is down on every host", scope="one-service", severity="SEV2",
        down="mail1:imaps mail2:imaps",
        trips=dict.fromkeys((*TO_1, "6", "7", "1>6", "2>6", "out>7"), "read.connect"),
    ),
    "the outside refuses our mail": Case(
        "logs/mail1: refused", "degraded", "one-service", "SEV2",
        other={"logs/mail1": (State.WARNING, "log.postfix.rejected-by-remote")},
    ),
    # all users
    "everything is down": Case(
        "nobody can send, receive or read mail", scope="all-users", down=EVERYTHING,
        trips=dict.fromkeys(TRIPS, "send.connect"),
    ),
    "both MTAs are stopped": Case(
        "nobody can send or receive mail", scope="all-users", down=f"{MTA_1} {MTA_2}"
    ),
    "no password is right any more": Case(
        "nobody can send or read mail", scope="all-users",
        trips=dict.fromkeys(("1", "2", "6", "7"), BOTH)
        | dict.fromkeys(("1>6", "2>6", "6>1", "7>1"), BOTH)
        | dict.fromkeys(("out>1", "out>7"), "read.log in"),
    ),
    "nothing comes from outside": Case(
        "nobody can receive mail from outside", scope="all-users",
        trips={"out>1": "send.connect", "out>7": "send.connect"},
    ),
    "no name resolves": Case(
        "the resolver answers nothing: nobody who asks it finds a mail server", scope="all-users",
        dark=EVERYTHING, trips=dict.fromkeys(TRIPS, "unasked"),
        other={"ping/gw": (State.OK, "")},
    ),
    "no name resolves, and devices that are known by address are silent, too": Case(
        "the resolver answers nothing: nobody who asks it finds a mail server;"
        " gw and ns1 are silent, too",
        scope="all-users", dark=EVERYTHING, trips=dict.fromkeys(TRIPS, "unasked"),
        other={"ping/ext": (State.OK, ""), "ping/gw": (State.WARNING, "ping.no-answer"),
               "ping/ns1": (State.WARNING, "ping.no-answer"), **SILENT_LOGINS},
    ),
    "no name resolves, and no host answers": Case(
        "the resolver answers nothing, nor does any host: this machine may be cut off",
        "unknown", "all-users", dark=EVERYTHING, trips=dict.fromkeys(TRIPS, "unasked"),
    ),
    "no name resolves, and a login shows that an MTA is down": Case(
        "nobody can send or receive mail", scope="all-users",
        dark=EVERYTHING, trips=dict.fromkeys(TRIPS, "unasked"), other=GONE,
    ),
    "a host is dark, and a login shows that its MTA is down": Case(
        "nobody on mail1 can send or receive mail", dark=f"{MTA_1} {IMAP_1}",
        trips=dict.fromkeys(TRIPS, "unasked"), other=GONE,
    ),
    # nobody yet
    "a disk is full that no mail needs": Case(
        "disks/mail1: refused", "degraded", "none", "SEV3",
        other={"disks/mail1": (State.CRITICAL, "disk.full")},
    ),
    "a certificate ends soon": Case(
        "imaps/mail3:993: refused", "degraded", "none", "SEV4",
        other={"imaps/mail3:993": (State.WARNING, "tls.expires-soon")},
    ),
    # the worst first
    "a password is refused while a host is dead": Case(
        "nobody on mail2 can send or receive mail", down=MTA_2,
        trips={"1": BOTH, "1>6": "send.log in"}
        | dict.fromkeys(("6>1", "7>1", "out>1"), "read.log in"),
    ),
}  # fmt: skip


def made(case: Case) -> Board:
    """The board of a case."""
    down, dark = _services(case.down), _services(case.dark)
    states = {f"{name}/{host}:{port}": State.OK for host, name, port in _all()}
    states |= dict.fromkeys(down, State.CRITICAL) | dict.fromkeys(dark, State.UNKNOWN)
    on = board(dict(states), summary="refused")
    for id_ in dark:
        on = _with(on, id_, State.UNKNOWN, f"{id_.partition('/')[0]}.resolver-failed")
    for id_, (state, code) in case.other.items():
        on = Board(
            system=on.system, at=on.at, standings=on.standings | board({id_: state}).standings
        )
        on = _with(on, id_, state, code)
    return with_trips(on, *(_trip(name, case.trips.get(name, "")) for name in TRIPS))


def _all() -> list[tuple[str, str, int]]:
    return [(host, name, port) for host in ("mail1", "mail2") for name, port in PORTS.items()]


def _services(words: str) -> list[str]:
    pairs = (word.split(":") for word in words.split())
    return [f"{name}/{host}:{PORTS[name]}" for host, name in pairs]


def _with(on: Board, id_: str, state: State, code: str) -> Board:
    finding = (Finding(code, "refused"),) if code else ()
    answer = replace(result(state, summary="refused"), findings=finding)
    standing = on.standings[id_].take(answer)
    if id_.startswith("dns/") or id_ == "roundtrip":
        standing = replace(standing, target=replace(standing.target, host=None))
    if id_ == "roundtrip":
        standing = replace(standing, target=replace(standing.target, trip=TRIPS["1"], name="t"))
    return Board(system=on.system, at=on.at, standings={**on.standings, id_: standing})


def _trip(name: str, how: str) -> Standing:
    if how in ("waits", "late"):
        return waiting(TRIPS[name], late=how == "late")
    known = standing(TRIPS[name], "" if how == "unasked" else how)
    if how != "unasked":
        return known
    return Standing(kind="roundtrip", target=known.target, interval=60.0)


@pytest.mark.parametrize("name", CASES)
def test_whom_it_hits(name: str) -> None:
    case = CASES[name]
    judged = judge(made(case))
    assert (judged.verdict, judged.scope.kind, judged.severity or "", judged.summary) == (
        case.verdict,
        case.scope,
        case.severity,
        case.says,
    )


def of(name: str) -> Verdict:
    return judge(made(CASES[name]))


def test_it_is_said_who_is_hit_and_who_is_shown_not_to_be() -> None:
    scope = of("an MTA is stopped").scope
    assert scope.affected == ("mail1", "one@lab.test", "two@lab.test")
    assert scope.unaffected == ("six@dept.test", "seven@dept.test")


def test_what_hits_everybody_names_the_domains() -> None:
    assert of("everything is down").scope.affected[:2] == ("lab.test", "dept.test")


def test_it_dates_from_the_first_failing_result_and_names_the_checks_that_show_it() -> None:
    judged = of("mail is taken and delivered to nobody")
    assert judged.since == ONSET
    assert "roundtrip/one@lab.test" in judged.rests_on


def test_the_reason_names_the_key_that_would_change_the_severity() -> None:
    judged = of("an MTA is stopped")
    assert judged.reason.startswith("SEV1: nobody of a whole host")
    assert "[severity] one_host" in judged.reason


def test_the_only_canary_with_a_wrong_password_is_no_outage() -> None:
    ports = board({"smtp/mail1:25": State.OK})
    judged = judge(with_trips(ports, standing(trip(ONE, ONE), BOTH)))
    assert (judged.verdict, judged.scope.kind) == ("degraded", "one-user")


def test_passwords_that_cannot_be_checked_are_no_matter_of_one_user() -> None:
    ports = board({"smtp/mail1:25": State.OK})
    codes = ("roundtrip.auth.temporary", "roundtrip.login.temporary")
    judged = judge(with_trips(ports, standing(trip(ONE, ONE), BOTH, *codes)))
    assert (judged.verdict, judged.severity) == ("outage", Severity.SEV1)


def test_the_only_canary_whose_mail_is_lost_may_be_everybody() -> None:
    ports = board({"smtp/mail1:25": State.OK})
    judged = judge(with_trips(ports, standing(trip(ONE, ONE), "deliver.deliver")))
    assert (judged.verdict, judged.scope.kind) == ("outage", "all-users")


def test_a_failing_try_that_is_not_confirmed_changes_nothing() -> None:
    on = made(CASES["all is well"])
    failing = standing(TRIPS["1"], "send.connect").result
    assert failing is not None
    soft = on.standings["roundtrip/one@lab.test"].take(failing)
    after = Board(system=on.system, at=on.at, standings={**on.standings, soft.id: soft})
    assert judge(after).verdict == "healthy"


def test_a_service_that_is_down_tells_why_a_trip_fails() -> None:
    on = made(CASES["an MTA is stopped"])
    explained = {name for name in on.standings if is_explained(on, on.standings[name])}
    for name in ("roundtrip/one@lab.test", "roundtrip/six@dept.test>one@lab.test"):
        assert name in explained
    assert "roundtrip/six@dept.test" not in explained


def test_mail_that_waits_in_a_long_queue_that_moves_is_not_lost() -> None:
    on = made(CASES["mail is taken and delivered to nobody"])
    queue = replace(result(State.OK), facts=QueueFacts(active=LONG))
    log = LogFacts(since=ONSET, until=ONSET, last_delivery=ONSET + timedelta(seconds=20))
    answers = {"queue/mail1": queue, "logs/mail1": replace(result(State.OK), facts=log)}
    asked = board(dict.fromkeys(answers, State.OK)).standings
    for id_, answer in answers.items():
        asked[id_] = asked[id_].take(answer)
    moving = Board(system=on.system, at=on.at, standings=on.standings | asked)
    assert judge(moving).verdict == "healthy"
    asked["logs/mail1"] = asked["logs/mail1"].take(replace(result(State.OK), facts=None))
    stuck = Board(system=on.system, at=on.at, standings=on.standings | asked)
    assert judge(stuck).verdict == "outage"


def test_the_only_message_that_waits_says_nothing_yet() -> None:
    ports = board({"smtp/mail1:25": State.OK})
    assert judge(with_trips(ports, waiting(trip(ONE, ONE)))).verdict == "healthy"


def test_mail_that_waits_on_a_way_that_was_open_just_now_says_nothing_yet() -> None:
    on = made(CASES["mail is taken and delivered to nobody"])
    for name in TO_1:
        one = waiting(TRIPS[name])
        assert one.confirmed is not None
        answer = replace(one.confirmed, state=State.OK)
        on.standings[one.id] = replace(one, state=State.OK, confirmed=answer)
    assert judge(on).verdict == "healthy"


def test_what_the_table_puts_first_hides_no_outage() -> None:
    on = made(CASES["a password is refused while a host is dead"])
    judged = judge(on, Severities(canary=Severity.SEV1, one_host=Severity.SEV2))
    assert (judged.verdict, judged.severity, judged.scope.kind) == ("outage", "SEV1", "one-user")


def test_what_another_device_reaches_and_we_do_not_hits_nobody() -> None:
    on = made(CASES["a host is dead"])
    seen = [f"{name}/mail1:{port}" for name, port in PORTS.items()]
    for there, verdict, scope in (("open", "degraded", "none"), ("dropped", "outage", "one-host")):
        sights = tuple(Sight(id_, id_, "dropped", there) for id_ in seen)
        answer = replace(result(State.WARNING), facts=VantageFacts("bash", sights))
        asked = board({"vantage/gw": State.WARNING}).standings["vantage/gw"].take(answer)
        judged = judge(replace(on, standings={**on.standings, asked.id: asked}))
        assert (judged.verdict, judged.scope.kind) == (verdict, scope)
