"""What somebody does on a host stands in the one list with its distance to the onset: all real.

A host in namespaces of its own, with rsyslog, sudo, sshd, nft, openssl and Postfix' postconf.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from checks.board import Standing
from checks.changed import Changed, listed
from checks.drift import changes
from checks.model import Host, Target, now
from checks.resolver import Resolver
from tests.checks.server.asking import Far, need_namespaces
from widgets.change_rows import change_entry

PROGRAMS = ("rsyslogd", "sudo", "sshd", "ssh", "nft", "openssl", "postconf", "nsenter", "ip")

SETUP = r"""
set -e
mkdir $1/dev
mount -t tmpfs none $1/dev
for one in null zero full random urandom tty; do
  : >$1/dev/$one
  mount --bind /dev/$one $1/dev/$one
done
mount --rbind $1/dev /dev
for one in /var/log /run /etc/cron.d /etc/systemd/system; do mount -t tmpfs none $one; done
mkdir -m 755 /run/sshd
ip link set lo up
cat >$1/rsyslog.conf <<END
module(load="imuxsock")
\$ActionFileDefaultTemplate RSYSLOG_TraditionalFileFormat
auth,authpriv.* /var/log/auth.log
END
rsyslogd -n -f $1/rsyslog.conf -i $1/rsyslog.pid &
until [ -S /dev/log ]; do sleep 0.05; done
: >/var/log/auth.log
echo ready
cat
"""

SSHD = """\
HostKey {folder}/key
AuthorizedKeysFile {folder}/key.pub
UsePAM no
StrictModes no
"""


RULES = (
    "add table inet mail",
    "add chain inet mail input { type filter hook input priority 0; }",
    "add rule inet mail input tcp dport 587 drop",
)


class Inside(Far):
    """The host in its namespaces."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        argv = ["unshare", "--mount", "--net", "sh", "-c", SETUP, "sh", str(folder)]
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"
        self.enter = ("nsenter", "-t", str(self.process.pid), "--mount", "--net")
        super().__init__(*self.enter, "env", f"MAIL_CONFIG={folder}")

    def does(self, *argv: str, may_fail: bool = False) -> None:
        subprocess.run([*self.enter, *argv], check=not may_fail, capture_output=True, timeout=20)

    def ends(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def inside(public: Path) -> Iterator[Inside]:
    need_namespaces()
    missing = [
        name for name in PROGRAMS if shutil.which(name, path=f"{os.defpath}:/usr/sbin") is None
    ]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    changes._memories.clear()
    public.chmod(0o755)
    (public / "main.cf").write_text(f"smtpd_tls_cert_file = {public}/mx.pem\n")
    (public / "master.cf").write_text("smtp inet n - n - - smtpd\n")
    (public / "sshd").write_text(SSHD.format(folder=public))
    key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(public / "key")]
    subprocess.run(key, check=True, stdin=subprocess.DEVNULL)
    host = Inside(public)
    try:
        issue(host, days=10)
        yield host
    finally:
        host.ends()


def issue(host: Inside, days: int) -> None:
    """A certificate as an administrator makes one, by hand."""
    where = f"-keyout {host.folder}/mx.key -out {host.folder}/mx.pem"
    kind = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
    words = f"openssl req -x509 -nodes {kind} -subj /CN=mx -days {days} {where}"
    host.does(*words.split())


@pytest.mark.real
async def test_what_was_done_just_before_the_onset_is_listed_with_its_distance(
    inside: Inside,
) -> None:
    host = Host(name="mx", address="mx", login=inside)
    target = Target(name="mx", about="changes", host=host, resolver=Resolver())
    options = changes.Options(folder=str(inside.folder / "state"), window=1e8)
    await changes.check(target, options, deadline=30)

    for rule in RULES:
        inside.does("sudo", "-n", "nft", rule)
    issue(inside, days=90)
    inside.does("sh", "-c", "echo '* * * * * root postsuper -d ALL' >/etc/cron.d/clean")
    inside.does("ln", "-s", "/dev/null", "/etc/systemd/system/opendkim.service")
    proxy = f"ProxyCommand={' '.join(inside.enter)} /usr/sbin/sshd -i -f {inside.folder}/sshd"
    known = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null")
    way = ("-F", "/dev/null", "-i", f"{inside.folder}/key", "-o", "IdentitiesOnly=yes", *known)
    inside.does("ssh", *way, "-o", proxy, "nobody@mx", "true", may_fail=True)

    result = await changes.check(target, options, deadline=30)
    standing = Standing(kind="changes", target=target, interval=60).take(result)
    onset = now() + timedelta(minutes=3)
    shown = [told(one, onset) for one in listed([standing], onset)]
    for begin in (
        "firewall + tcp dport 587 drop",
        f"certificate {inside.folder}/mx.pem until ",
        "cron + /etc/cron.d/clean:* * * * * root postsuper -d ALL",
        "unit opendkim.service masked",
        "login ssh from UNKNOWN  by nobody",
        "sudo /usr/sbin/nft 'add rule inet mail input tcp dport 587 drop'  by root",
    ):
        distance = next((one for one, what in shown if what.startswith(begin)), "")
        assert distance in ("−3m", "−4m"), (begin, shown)
    assert "the host was started" in [what for _, what in shown]


def told(one: Changed, onset: datetime) -> tuple[str, str]:
    """How far from the onset, and what, as the panel has it."""
    when, _, what = change_entry(one, onset).cells
    distance = "".join(span.text for span in when).split()[-1]
    return distance, "".join(span.text for span in what)
