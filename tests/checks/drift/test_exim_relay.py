"""When Exim's ACL makes an open relay: as the real one answers a stranger who wants to relay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import resolver
from checks.drift import restart
from checks.drift._exim_relay import VERBS, open_relays
from checks.hosts import Output
from checks.model import Host, Result, State, Target
from tests.lab import exim as lab
from tests.lab.exim import Exim, Login

HEAD = """
domainlist local_domains = lab.test
hostlist relay_from_hosts = {hosts}
hostlist friends = +relay_from_hosts : 192.0.2.1
MINE = 10.0.0.0/8
acl_smtp_rcpt = acl_check_rcpt
begin acl
not_asked:
  accept
acl_check_rcpt:
{acl}
begin routers
"""

LOCAL = "127.0.0.1 : 10.0.0.0/8"
USUAL = """
  accept hosts = :
  deny   message     = Restricted characters
         domains     = !+local_domains
         local_parts = ^[./|]
  accept hosts   = +relay_from_hosts
         control = submission
  accept authenticated = *
  require message = relay not permitted
         domains = +local_domains
  accept
"""
DENIES = """
  deny !domains = +local_domains
       !hosts = +friends
       !authenticated = *
  accept
"""
CASES = [
    ("the usual", LOCAL, USUAL, False),
    ("everybody on the list", "127.0.0.1 : *", USUAL, True),
    ("everybody as a network", "0.0.0.0/0", USUAL, True),
    ("with another separator", "<; 10.0.0.0/8 ; 0.0.0.0/0", USUAL, True),
    ("a list of who is not on it", "127.0.0.1 : ! 10.0.0.0/8", USUAL, True),
    ("a list of nobody", "! *", USUAL, False),
    ("by a denial", LOCAL, DENIES, False),
    ("by a denial that excepts everybody", "*", DENIES, True),
    ("hosts in the ACL", LOCAL, "  accept hosts=*\n", True),
    ("nothing asked", LOCAL, "  warn\n  accept\n", True),
    ("ours first", "*", f"  require domains = +local_domains\n{USUAL}", False),
    ("ours first, denied", "*", f"  deny domains = !+local_domains\n{USUAL}", False),
    ("another condition", "*", "  accept hosts = *\n  senders = eva@lab.test\n  deny\n", False),
    ("a macro", LOCAL, "  accept hosts = MINE : \\\n  192.0.2.0/24\n  deny\n", False),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Exim]:
    with lab.exim() as server:
        yield server


def configured(server: Exim, hosts: str, acl: str) -> None:
    head = HEAD.format(hosts=hosts, acl=acl)
    server.config.write_text(lab.CONFIG.replace("\nbegin routers\n", head, 1))


def takes_a_strangers_mail(server: Exim) -> bool:
    dialogue = "HELO x\nMAIL FROM:<a@foreign.test>\nRCPT TO:<b@elsewhere.test>\nQUIT\n"
    return "\n250 Accepted" in server.run("exim4", "-bh", "203.0.113.9", stdin=dialogue)


class Listened(Login):
    """What came from there is `heard`."""

    heard = b""

    async def run(self, *args: Any, **kwargs: Any) -> Output:
        output = await super().run(*args, **kwargs)
        self.heard += output.stdout
        return output


async def ask(login: Login) -> Result:
    restart._proofs.clear()
    host = Host(name="mail2", address="mail2", login=login)
    target = Target(name="mail2", about="restart", host=host, resolver=resolver.Resolver())
    return await restart.check(target, restart.Options(), deadline=20)


@pytest.mark.real
@pytest.mark.parametrize(
    ("hosts", "acl", "is_open"), [one[1:] for one in CASES], ids=[one[0] for one in CASES]
)
async def test_it_is_said_where_the_real_exim_takes_a_strangers_mail(
    server: Exim, hosts: str, acl: str, is_open: bool
) -> None:
    configured(server, hosts, acl)
    assert takes_a_strangers_mail(server) == is_open
    result = await ask(Login(server, "oper"))
    assert ("config.open-relay" in result.codes) == is_open, result.summary
    assert (result.state == State.CRITICAL) == is_open


@pytest.mark.real
async def test_no_value_of_the_acl_but_hosts_and_domains_leaves_the_host(server: Exim) -> None:
    configured(server, "*", "  deny condition = ${if eq{hunter2}{x}}\n" + USUAL)
    login = Listened(server)
    result = await ask(login)
    assert "Exim: hosts = +relay_from_hosts is accepted and has *: everybody may" in result.summary
    assert b"\n>condition\n" in login.heard
    assert b"hunter2" not in login.heard


def test_lists_that_name_each_other_end() -> None:
    """By every way from list to list it would take for ever."""
    names = [f"l{number}" for number in range(30)]
    lists = [f"hostlist {one} = {' : '.join(f'+{name}' for name in names)}" for one in names]
    assert list(open_relays([*lists, "accept", "hosts = +l0"])) == []
    assert list(open_relays([*lists, "hostlist l7 = +l0 : *", "accept", "hosts = +l0"])) != []


def test_what_may_protect_by_an_expansion_is_not_judged() -> None:
    assert list(open_relays(["deny", "condition", "accept"])) == []
    assert list(open_relays(["deny", "dnslists", "accept"])) != []


WORDS = st.sampled_from([*VERBS, "hosts = *", "!domains = x", "hostlist a = <", "= ", "! hosts ="])


@given(st.lists(WORDS | st.text(max_size=20), max_size=12))
def test_any_line_is_borne(lines: list[str]) -> None:
    list(open_relays(lines))
