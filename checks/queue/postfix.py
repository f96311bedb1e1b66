"""How much mail waits in Postfix, for how long, and why: ``postqueue -j``, of every instance.

A queue that can't be seen is *blind*: UNKNOWN with the reason and the mend, never 0. Who may see
it: postqueue(1), ``authorized_mailq_users``. With Postfix down postqueue answers root from the
files, and nobody else. Where a host may have another MTA (`mta` is left out of the config), the
absence of postqueue is an answer: no Postfix, no queue of it.

Several instances (postmulti(1), MULTI_INSTANCE_README) are one queue in sum; what they are, and how
long they go on trying, is asked first.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from msgspec import Struct

from checks import hosts
from checks.facts import Patience
from checks.hosts import Login, LoginError
from checks.model import Finding, Result, State, System, Target
from checks.phases import Phases
from checks.queue import _blind, _judged, _listing, _patience, _trend
from checks.queue._judged import QueueOptions
from checks.queue._listing import Sample
from checks.queue._login import login_of, may_have
from checks.queue._opened import BODY_MEND, Opened, opened
from checks.queue._postqueue import Postqueue
from checks.queue._tally import Tally
from checks.skew import correction

FINDINGS = (
    hosts.FINDINGS
    | _blind.FINDINGS
    | _judged.FINDINGS
    | {"queue.no-postfix": "this host has no Postfix"}
)


class Options(QueueOptions, frozen=True, kw_only=True):
    """``[check.postfix]``: `config_directory` names one instance alone, for ``postqueue -c``."""

    config_directory: str = ""


# The time, the settings (as `_patience.POSTFIX` has them), a dash, the enabled instances' folders.
ABOUT = f"""
date +%s
postconf -xh "$@" {" ".join(_patience.POSTFIX)} 2>/dev/null
echo -
[ $# != 0 ] || postmulti -l 2>/dev/null
"""

# As bad as the worst of them.
IN_TURN = """
status=0
for where; do postqueue -c "$where" -j || status=$?; done
exit "$status"
"""

ABOUT_LIMIT = 1 << 16

# postcat(1); queue files are for root and postfix.
OPEN = """
id=$1 what=$2; shift 2
postcat "$@" -q $what "$id" 2>/dev/null || sudo -n postcat "$@" -q $what "$id"
"""


class About(Struct, frozen=True):
    """The host's time, what Postfix' patience is, and its instances where there are several."""

    at: float
    patience: Patience | None = None
    instances: tuple[str, ...] = ()


def targets(system: System) -> list[Target]:
    """Every host that lets us in, and that has Postfix or may have it."""
    reachable = system.each_host("queue", with_login=True)
    return [one for one in reachable if one.host and may_have(one.host, "postfix")]


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """List the queue once and add it up."""
    return await look(target, options, deadline=deadline)


async def look(
    target: Target, options: Options, *, deadline: float, sample: Sample | None = None
) -> Result:
    """The same, with the messages themselves kept in `sample`."""
    phases = Phases()
    where = options.config_directory
    began = time.monotonic()
    try:
        login = login_of(target)
        with phases.phase("settings"):
            about = await _about(login, where, deadline)
        tally = Tally(about.at, _trend.since(target.id))
        left = deadline - (time.monotonic() - began)
        with phases.phase("list"):
            listing = await _listing.read(
                login, _argv(where, about), Postqueue(), tally, deadline=left, sample=sample
            )
    except LoginError as error:
        return phases.not_asked(error)
    blind = _blind.why_blind(listing, where)
    if blind is None:
        cut = listing.cut or _blind.why_cut(listing.output)
        is_down = _blind.DOWN_WARNING in listing.output.stderr
        seen = _judged.seen(listing, target.id, about.at, about.patience, cut=cut, is_down=is_down)
        return _judged.result(phases, seen, options)
    if blind.code == _blind.MISSING and target.host and not target.host.mta:
        return phases.result(State.OK, "no Postfix here", Finding("queue.no-postfix"))
    finding = Finding(blind.code, blind.summary)
    return phases.result(State.UNKNOWN, blind.summary, finding, mend=blind.mend)


async def message(target: Target, options: Options, queue_id: str, *, deadline: float) -> Opened:
    """The envelope and headers of a message."""
    words = _opening(queue_id, "-e -h", options)
    return await opened(target, queue_id, words, program="postcat", deadline=deadline)


async def body(target: Target, options: Options, queue_id: str, *, deadline: float) -> Opened:
    """The body of a message: only for who has asked for it, and has that written down."""
    words = _opening(queue_id, "-b", options)
    return await opened(
        target, queue_id, words, program="postcat", deadline=deadline, mend=BODY_MEND
    )


def _opening(queue_id: str, what: str, options: Options) -> list[str]:
    given = ["-c", options.config_directory] if options.config_directory else []
    return [OPEN, "postcat", queue_id, what, *given]


def _argv(where: str, about: About) -> Sequence[str]:
    if where:
        return ["postqueue", "-c", where, "-j"]
    if len(about.instances) > 1:
        return ["sh", "-c", IN_TURN, "postqueue", *about.instances]
    return ["postqueue", "-j"]


async def _about(login: Login, where: str, deadline: float) -> About:
    """Ask what has to be known before the listing; a host that does not say is taken as usual."""
    before = time.time()
    given = ["-c", where] if where else []
    argv = ["sh", "-c", ABOUT, "sh", *given]
    output = await login.run(argv, deadline=deadline, limit=ABOUT_LIMIT)
    ours = time.time()
    first, *lines = output.stdout.decode("utf-8", "replace").split("\n")
    at = ours if login.is_local else ours + correction(first, before, ours)
    settings, _, instances = "\n".join(["", *lines]).partition("\n-\n")
    return About(at, _patience.of_postfix(settings.split("\n")[1:]), _enabled(instances))


def _enabled(listed: str) -> tuple[str, ...]:
    r"""The folders of the enabled instances, as ``postmulti -l`` lists them.

    >>> _enabled("-      -  y  /etc/postfix\nout  mta  y  /etc/postfix-out\nold - n /etc/old\n")
    ('/etc/postfix', '/etc/postfix-out')
    """
    rows = [line.split(None, 3) for line in listed.split("\n")]
    return tuple(row[3] for row in rows if len(row) == 4 and row[2] == "y" and row[3][0] == "/")
