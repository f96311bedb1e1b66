"""How much mail waits in Exim, for how long, and why: ``exim -bp``, in the shape of Postfix's.

Exim shows its queue to its administrators: root, the exim user, members of its group (spec, 5.1,
``queue_list_requires_admin``); whoever else may run ``sudo -n exim -bp`` is shown it that way. A
sudo that has refused is asked again where a person looks, else once a day: it may send root a mail
each time. All that waits counts as deferred, except what is frozen, which is on hold until somebody
thaws it.

Reasons are in the messages' own logs, which its administrators may read: `_bp` says how far that
goes. Times of arrival are in the ids.
"""

from __future__ import annotations

import time
from math import inf

from msgspec import Struct

from checks import hosts
from checks.facts import Patience
from checks.hosts import SUDO_AGAIN, Login, LoginError, Output
from checks.model import Finding, Result, State, System, Target
from checks.phases import Phases
from checks.queue import _blind, _judged, _listing, _patience, _trend
from checks.queue._blind import Blind
from checks.queue._bp import Bp, Reasons
from checks.queue._judged import QueueOptions
from checks.queue._listing import Listing, Sample
from checks.queue._login import login_of, may_have
from checks.queue._opened import BODY_MEND, Opened, opened
from checks.queue._tally import Tally
from checks.skew import correction
from checks.text import visible

FINDINGS = (
    hosts.FINDINGS | _blind.FINDINGS | _judged.FINDINGS | {"queue.no-exim": "this host has no Exim"}
)

LOGS = 500
"""Message logs that are read for reasons."""

LINES = 6
"""Lines of each: the last try of as many recipients."""

# The time, how the program is called, whom we are, the group that may look, delay_warning and the
# retry rule; then the logs.
ABOUT = f"""
date +%s
for exim in exim4 exim; do command -v "$exim" >/dev/null && break; exim=; done
[ -n "$exim" ] || exit 127
value() {{ "$exim" -bP "$1" 2>/dev/null | sed -n "s/^$1 = //p"; }}
spool=$(value spool_directory)
echo "$exim"; id -un; stat -c %G "$spool" 2>/dev/null || echo
value delay_warning || echo
"$exim" -brt nobody@example.invalid 2>/dev/null | head -n 1
echo -
find "$spool/msglog" -type f 2>/dev/null | head -n {LOGS} | xargs -r tail -v -n {LINES} 2>/dev/null
"""

ABOUT_LIMIT = 2 << 20

# -bpr does not sort, which is all that a long queue needs; sudoers lines have -bp.
LIST = """
if [ ! "$2" ] || "$1" -bpc >/dev/null 2>&1 || ! command -v sudo >/dev/null; then exec "$1" -bpr; fi
exec sudo -n "$1" -bp
"""

# The envelope, headers and log of a message, and its body (spec, 5.2): for its administrators.
_BY = """
for exim in exim4 exim; do command -v "$exim" >/dev/null && break; done
"$exim" -bpc >/dev/null 2>&1 || sudo="sudo -n"
"""
OPEN = (
    _BY
    + """
$sudo "$exim" -Mvh "$1" || exit
echo; $sudo "$exim" -Mvl "$1" || :
"""
)
BODY = _BY + 'exec $sudo "$exim" -Mvb "$1"'

_refused: dict[str, float] = {}
"""When the sudo of a target refused, by our monotonic clock."""

_REFUSALS = (
    *(b"permission denied", b"password is required", b"not allowed", b"may not run sudo"),
    b"not in the sudoers file",
)


class Options(QueueOptions, frozen=True, kw_only=True):
    """``[check.exim]``."""


class About(Struct, frozen=True, kw_only=True):
    """The host's time, how Exim is called there, who we are and which group may see the queue."""

    at: float
    program: str
    user: str
    group: str
    patience: Patience
    reasons: Reasons


def targets(system: System) -> list[Target]:
    """Every host that lets us in, and that has Exim or may have it."""
    reachable = system.each_host("exim", with_login=True)
    return [one for one in reachable if one.host and may_have(one.host, "exim")]


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """List the queue once and add it up."""
    return await look(target, options, deadline=deadline)


async def look(
    target: Target, options: Options, *, deadline: float, sample: Sample | None = None
) -> Result:
    """The same, with the messages themselves kept in `sample`."""
    phases = Phases()
    began = time.monotonic()
    try:
        login = login_of(target)
        with phases.phase("settings"):
            about = await _about(login, deadline)
        if about is None:
            return _absent(phases, target)
        left = deadline - (time.monotonic() - began)
        is_due = began - _refused.get(target.id, -inf) > SUDO_AGAIN
        sudo = "sudo" if is_due or sample is not None else ""
        argv = ["sh", "-c", LIST, "exim", about.program, sudo]
        tally = Tally(about.at, _trend.since(target.id))
        with phases.phase("list"):
            listing = await _listing.read(
                login, argv, Bp(about.reasons), tally, deadline=left, sample=sample
            )
    except LoginError as error:
        return phases.not_asked(error)
    blind = why_blind(listing, about)
    if blind is not None:
        if sudo and blind.code == _blind.NOT_ALLOWED:
            _refused[target.id] = began
        finding = Finding(blind.code, blind.summary)
        return phases.result(State.UNKNOWN, blind.summary, finding, mend=blind.mend)
    _refused.pop(target.id, None)
    cut = listing.cut or _blind.why_cut(listing.output, about.program)
    seen = _judged.seen(listing, target.id, about.at, about.patience, cut=cut, is_down=False)
    return _judged.result(phases, seen, options)


async def message(target: Target, _options: Options, queue_id: str, *, deadline: float) -> Opened:
    """The envelope, headers and delivery attempts of a message."""
    words = [OPEN, "exim", queue_id]
    return await opened(target, queue_id, words, program="exim4", deadline=deadline)


async def body(target: Target, _options: Options, queue_id: str, *, deadline: float) -> Opened:
    """The body of a message: only for who has asked for it, and has that written down."""
    words = [BODY, "exim", queue_id]
    return await opened(target, queue_id, words, program="exim4", deadline=deadline, mend=BODY_MEND)


def _absent(phases: Phases, target: Target) -> Result:
    if target.host and not target.host.mta:
        return phases.result(State.OK, "no Exim here", Finding("queue.no-exim"))
    text = "neither exim4 nor exim is there"
    return phases.result(State.UNKNOWN, text, Finding(_blind.MISSING, text))


async def _about(login: Login, deadline: float) -> About | None:
    """Ask what has to be known before the listing; None where there is no Exim."""
    before = time.time()
    output = await login.run(["sh", "-c", ABOUT], deadline=deadline, limit=ABOUT_LIMIT)
    ours = time.time()
    said, _, logs = output.stdout.decode("utf-8", "replace").partition("\n-\n")
    lines = [*said.split("\n"), *[""] * 6]
    first, program, user, group, delay_warning, rule = lines[:6]
    if output.exit_status == _blind.NOT_FOUND or program not in ("exim4", "exim"):
        return None
    return About(
        at=ours if login.is_local else ours + correction(first, before, ours),
        program=program,
        user=visible(user, 64),
        group=visible(group, 64),
        patience=_patience.of_exim(delay_warning, rule),
        reasons=Reasons(logs),
    )


def why_blind(listing: Listing, about: About) -> Blind | None:
    """What kept Exim from listing anything; None where nothing did."""
    output = listing.output
    if listing.tally.messages or (output.exit_status == 0 and not listing.unreadable):
        return None
    if output.exit_status == 0:
        return Blind("queue.blind.unreadable", f"{about.program} printed no messages, but text")
    if _is_refused(output):
        return Blind(
            _blind.NOT_ALLOWED,
            f"Exim does not let {about.user or 'this user'} see the queue, nor does sudo",
            f"sudo gpasswd --add {about.user} {about.group}" if about.user and about.group else "",
        )
    return Blind(_blind.FAILED, _blind.why_cut(output, about.program))


def _is_refused(output: Output) -> bool:
    said = output.stderr.lower()
    return any(words in said for words in _REFUSALS)
