"""What an ordinary user's login may not read is said, and is no change: real files, real access."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import changes as listing
from app.monitor import Job, Monitor, run_job
from checks import registry
from checks.drift import changes
from checks.drift._answer import OUTPUT_LIMIT, SECTION_LIMIT, gaps
from checks.drift._named import NAME_LIMIT, ROWS_KEPT, is_cut, named, text_of
from checks.facts import ChangeFacts
from checks.hosts import Output
from checks.model import Host, Result, Target
from checks.resolver import Resolver
from tests.checks.server.asking import Far
from tests.ordinary_user import NOBODY

DPKG = "2026-11-30 04:00:00 upgrade postfix:amd64 3.7.10 3.7.11\n"
SESSION = (
    "Nov 30 04:00:00 mx sudo:      ana : PWD=/ ; USER=root ; COMMAND=/usr/sbin/postfix reload\n"
)


class Ordinary(Far):
    """This machine as nobody has it, with /var and cron's files from `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        nobody = (f"--reuid={NOBODY}", "--clear-groups") if os.geteuid() == 0 else ()
        prefix = ("setpriv", *nobody) if nobody else ()
        super().__init__("env", f"PATH={root}/bin:{os.environ['PATH']}", *prefix)

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        words = list(argv)
        for path in ("/var/log", "/var/spool", "/etc/cron"):
            words[2] = words[2].replace(path, f"{self.root}{path}")
        words[2] = words[2].replace("\netc=/etc\n", f"\netc={self.root}/etc\n")
        return await super().run(words, deadline=deadline, limit=limit)


class Kept:
    """A host of which everything is there; `hide` takes the right to read something."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("var/log/dpkg.log", DPKG)
        self.write("var/log/apt/history.log", "\n")
        self.write("var/log/auth.log", SESSION)
        self.write("etc/crontab", "0 3 * * * root backup\n")
        self.write("etc/cron.d/mail", "# of ours\n*/5 * * * * root postmap\n")
        self.write("var/spool/cron/crontabs/root", "# of ours\n0 5 * * * doveadm expunge\n")
        self.write("bin/journalctl", "#!/bin/sh\necho 'No journal files were found.' >&2\n")
        self.write("bin/sudo", "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n")
        for name in ("postconf", "doveconf", "exim4", "exim", "nft", "crontab"):
            self.write(f"bin/{name}", "#!/bin/sh\n")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def hide(self, name: str) -> None:
        (self.root / name).chmod(0)

    def job(self) -> Job:
        host = Host(name="mx", address="mx", login=Ordinary(self.root))
        target = Target(name="mx", about="changes", host=host, resolver=Resolver())
        options = changes.Options(folder=str(self.root / "state"))
        check = registry.load("changes")
        return Job(kind="changes", check=check, target=target, options=options)

    async def look(self) -> Result:
        return await run_job(self.job())


@pytest.fixture
def kept(public: Path) -> Kept:
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root may read all, and setpriv is not installed")
    changes._memories.clear()
    public.chmod(0o755)
    return Kept(public)


def unseen(result: Result) -> tuple[str, ...]:
    assert isinstance(result.facts, ChangeFacts), result
    return result.facts.unseen


def told(result: Result, *kinds: str) -> list[str]:
    assert isinstance(result.facts, ChangeFacts), result
    return [one.text for one in result.facts.changes if one.kind in kinds]


async def test_nothing_is_unseen_where_all_may_be_read(kept: Kept) -> None:
    result = await kept.look()
    assert unseen(result) == ()
    assert "change.unseen" not in result.codes


@pytest.mark.parametrize(
    ("name", "gap"),
    [
        ("var/log/dpkg.log", "dpkg-log: {root}/var/log/dpkg.log may not be read"),
        ("var/log/apt/history.log", "apt-log: {root}/var/log/apt/history.log may not be read"),
        (
            "var/log/auth.log",
            "sessions: neither the journal nor {root}/var/log/auth.log may be read",
        ),
        ("etc/cron.d/mail", "cron: {root}/etc/cron.d/mail: it may not be read"),
        (
            "var/spool/cron/crontabs",
            "cron: crontabs of root and others: sudo: a password is required",
        ),
    ],
)
async def test_what_may_not_be_read_is_said_with_what_mends_it(
    kept: Kept, name: str, gap: str
) -> None:
    kept.hide(name)
    result = await kept.look()
    assert unseen(result) == (gap.format(root=kept.root),)
    assert "change.unseen" in result.codes
    mends = {"var/log/": "gpasswd --add nobody adm", "cron": "NOPASSWD: /usr/bin/grep -r . /var/sp"}
    assert any(mend in result.mend for part, mend in mends.items() if part in name)


@pytest.mark.parametrize("hidden", ["dpkg.log.1", "dpkg.log"])
async def test_a_log_of_packages_that_may_not_be_read_hides_no_other(
    kept: Kept, hidden: str
) -> None:
    line = f"{datetime.now(UTC) - timedelta(hours=1):%F %T} upgrade {{}}:amd64 1 2\n"
    kept.write("var/log/dpkg.log.1", line.format("dovecot-core"))
    kept.write("var/log/dpkg.log", line.format("postfix"))
    kept.hide(f"var/log/{hidden}")
    result = await kept.look()
    seen = {"dpkg.log.1": "postfix", "dpkg.log": "dovecot-core"}[hidden]
    assert told(result, "package") == [f"{seen} 1 → 2"]
    assert unseen(result) == (f"dpkg-log: {kept.root}/var/log/{hidden}: it may not be read",)
    assert "gpasswd --add nobody adm" in result.mend


async def test_a_certificate_that_may_not_be_read_is_said(kept: Kept) -> None:
    kept.write("mx.pem", "")
    kept.write("key.pem", "")
    kept.write("bin/postconf", f"#!/bin/sh\necho smtpd_tls_cert_file = {kept.root}/mx.pem\n")
    kept.hide("mx.pem")
    (gap,) = unseen(await kept.look())
    assert gap == f"certificates: {kept.root}/mx.pem: it may not be read"


async def test_a_certificate_that_is_gone_is_a_change_unless_it_may_only_be_out_of_sight(
    kept: Kept,
) -> None:
    words = f"-subj /CN=mx -days 9 -keyout {kept.root}/key -out {kept.root}/certs/mx.pem"
    kept.write("certs/mx.pem", "")
    making = ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", *words.split()]
    subprocess.run(making, check=True, capture_output=True)
    (kept.root / "link.pem").symlink_to(f"{kept.root}/certs/mx.pem")
    files = ", ".join(f"{kept.root}/{name}" for name in ("certs/mx.pem", "link.pem"))
    kept.write("bin/postconf", f"#!/bin/sh\necho smtpd_tls_chain_files = {files}\n")
    (kept.root / "certs/mx.pem").chmod(0o644)
    assert told(await kept.look(), "certificate") == []
    kept.hide("certs")
    hidden = await kept.look()
    assert (len(unseen(hidden)), told(hidden, "certificate")) == (2, [])
    shutil.rmtree(kept.root / "certs")
    (change,) = told(await kept.look(), "certificate")
    assert change.endswith(" → not there")


async def test_a_host_without_any_log_of_sessions_says_so_and_no_right_would_help(
    kept: Kept,
) -> None:
    (kept.root / "var/log/auth.log").unlink()
    result = await kept.look()
    assert unseen(result) == ("sessions: there is no journal, auth.log or secure",)
    assert result.mend == ""


async def test_a_right_that_comes_or_goes_is_no_change_and_an_edit_beside_it_is(
    kept: Kept,
) -> None:
    for name in ("etc/cron.d/mail", "var/spool/cron/crontabs"):
        kept.hide(name)
    await kept.look()
    for name in ("etc/cron.d/mail", "var/spool/cron/crontabs"):
        (kept.root / name).chmod(0o755)
    seen = await kept.look()
    assert (unseen(seen), told(seen, "cron")) == ((), [])
    kept.write("etc/crontab", "0 4 * * * root backup\n")
    kept.hide("etc/cron.d/mail")
    edited = await kept.look()
    (change,) = told(edited, "cron")
    assert "etc/crontab:0 4 * * * root backup" in change
    assert "cron.d" not in repr([one.diff for one in edited.facts.changes if one.kind == "cron"])  # type: ignore[union-attr]


async def test_all_crontabs_are_seen_by_the_one_command_that_sudo_lets_us(kept: Kept) -> None:
    kept.hide("var/spool/cron/crontabs")
    line = f"{kept.root}/var/spool/cron/crontabs/root:0 5 * * * doveadm expunge"
    asked = f'[ "$*" = "-n grep -r . {kept.root}/var/spool/cron" ] || exit 1'
    kept.write("bin/sudo", f"#!/bin/sh\n{asked}\necho '{line}'\n")
    assert unseen(await kept.look()) == ()
    kept.write("bin/sudo", f"#!/bin/sh\n{asked}\necho '{line.replace('0 5', '0 6')}'\n")
    assert told(await kept.look(), "cron") == [
        "+ crontab of root:0 6 * * * doveadm expunge and 1 more"
    ]


async def test_a_sudo_that_hangs_costs_its_own_sections_alone_and_is_not_asked_again(
    kept: Kept,
) -> None:
    kept.hide("var/spool/cron/crontabs")
    kept.write("bin/timeout", '#!/bin/sh\nshift\nexec /usr/bin/timeout 0.2 "$@"\n')
    kept.write("bin/sudo", f"#!/bin/sh\necho $$ >>{kept.root}/asked; exec sleep 60\n")
    kept.write("asked", "")
    (kept.root / "asked").chmod(0o666)
    hanging = await kept.look()
    assert unseen(hanging) == ("cron: crontabs of root and others: sudo: no answer in 5 s",)
    assert hanging.mend == ""
    after = await kept.look()
    assert unseen(after) == ("cron: crontabs of root and others: it is for root",)
    assert "visudo" in after.mend
    (asked,) = (kept.root / "asked").read_text().split()
    os.kill(int(asked), signal.SIGKILL)


async def test_sudo_that_refuses_the_crontabs_is_still_asked_for_the_firewall(kept: Kept) -> None:
    kept.hide("var/spool/cron/crontabs")
    kept.write("bin/nft", "#!/bin/sh\nexit 1\n")
    kept.write(
        "bin/sudo",
        '#!/bin/sh\ncase $2 in nft) echo "table inet x {" ;;\n'
        "*) echo 'sudo: a password is required' >&2; exit 1 ;; esac\n",
    )
    for _ in range(2):
        assert [one.partition(":")[0] for one in unseen(await kept.look())] == ["cron"]


def git(folder: Path, *words: str, when: datetime, **environment: str) -> None:
    """As etckeeper(8) commits: in the name of who used sudo."""
    stamp = f"{when.timestamp():.0f} +0100"
    names = {"GIT_AUTHOR_NAME": "ana", "GIT_COMMITTER_NAME": "root", **environment}
    mails = {"GIT_AUTHOR_EMAIL": "ana@mx", "GIT_COMMITTER_EMAIL": "root@mx"}
    dates = {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
    own = {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
    argv = ["git", "-C", str(folder), *words]
    environ = {**own, **names, **mails, **dates}
    subprocess.run(argv, check=True, capture_output=True, env=environ)


@pytest.fixture
def committed(kept: Kept) -> Kept:
    """/etc is under etckeeper: an old commit, one of mail's files, one of the package manager."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    at, etc = datetime.now(UTC), kept.root / "etc"
    git(etc, "init", "-q", when=at)
    for days, subject, name, text in (
        (9, "Initial commit", "crontab", "old\n"),
        (2, "relay for the new branch", "postfix/main.cf", "relayhost = x\n"),
        (0, "committing changes in /etc made by 'apt install jq'", "jq.conf", "\n"),
    ):
        kept.write(f"etc/{name}", text)
        git(etc, "add", "-A", when=at)
        body = "Body\n\ncommit 1234567\nAuthor: x <y>"
        git(etc, "commit", "-qm", f"{subject}\n\n{body}", when=at - timedelta(days=days, hours=1))
    return kept


async def test_etckeepers_commits_of_the_last_days_are_rows_with_who_and_what_of_mail(
    committed: Kept,
) -> None:
    result = await committed.look()
    assert told(result, "commit") == [
        "committing changes in /etc made by 'apt install jq': 1 file",
        "relay for the new branch: postfix/main.cf",
    ]
    assert isinstance(result.facts, ChangeFacts)
    (mail,) = [one for one in result.facts.changes if one.diff == ("postfix/main.cf",)]
    assert mail.who == "ana"
    assert mail.at < datetime.now(UTC) - timedelta(days=2)
    assert "change.commit" in result.codes
    assert unseen(result) == ()


async def test_commits_that_are_for_root_are_read_by_the_one_command_that_sudo_lets_us(
    committed: Kept,
) -> None:
    committed.hide("etc/.git")
    refused = await committed.look()
    assert unseen(refused) == ("etckeeper: sudo: a password is required",)
    assert "NOPASSWD: /usr/bin/git -C /etc --no-pager log -n 200 --date raw" in refused.mend
    line = "commit 12ab\nAuthor: bob <b@mx>\nDate:   $(date +%s) +0000\n\n    why\n\npostfix/x"
    asked = f"-n git -C {committed.root}/etc --no-pager log -n 200 --date raw --name-only"
    script = f'#!/bin/sh\n[ "$*" = "{asked}" ] || exit 1\nprintf "%b\\n" "{line}"\n'
    committed.write("bin/sudo", script)
    changes._memories.clear()
    shutil.rmtree(committed.root / "state")
    allowed = await committed.look()
    assert told(allowed, "commit") == ["why: postfix/x"]
    assert unseen(allowed) == ()


async def test_a_repository_that_git_cannot_read_is_said(committed: Kept) -> None:
    (committed.root / "etc/.git/HEAD").unlink()
    (gap,) = unseen(await committed.look())
    assert gap.startswith("etckeeper: fatal: not a git repository")


async def test_diff_tells_what_was_not_seen(kept: Kept) -> None:
    kept.hide("etc/cron.d/mail")
    board = await Monitor("lab", [kept.job()]).sweep()
    gap = f"cron: {kept.root}/etc/cron.d/mail: it may not be read"
    assert f"mx  not seen: {gap}" in list(listing.text(board))
    assert gap in repr(listing.document(board)["checks"])


def test_a_section_that_goes_on_is_cut_and_says_so() -> None:
    text = text_of(f"package{n} 1.0 ii " for n in range(ROWS_KEPT + 10))
    assert is_cut(text)
    assert gaps(text) == {"the rest": "too much is there"}
    assert len(named("packages", text)) == ROWS_KEPT
    assert len(text_of("x" * 1000 for _ in range(OUTPUT_LIMIT // 1000))) < SECTION_LIMIT + 100


@given(st.lists(st.text("{}= ab\n", max_size=40), max_size=30))
def test_names_are_bounded_however_blocks_are_nested(lines: list[str]) -> None:
    deep = [f"{'b' * 5_000} {{"] * 20 + lines
    for section in ("dovecot", "firewall"):
        found = named(section, text_of(deep))
        assert all(len(name) < 16 * (NAME_LIMIT + 3) + 100 for name in found)
