"""The programs that carry, hold and filter mail: how their processes and files are called.

Names are those of the kernel (proc(5), comm): the first word, at most 15 bytes. Debian's names
first, then upstream's. Sources: master(5), dovecot(1), exim4(8), and the packages' file lists.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

COMM_LIMIT = 15
"""TASK_COMM_LEN without its NUL."""


class Role(StrEnum):
    """What a program does for mail."""

    MTA = "mail transfer"
    STORE = "mailboxes"
    FILTER = "filter"


class Program(Struct, frozen=True, kw_only=True):
    """A mail program. `heads` are the names of its first process, `children` of the others.

    `proof` stands in the head's command line where the name alone proves nothing. `files` show
    that it is installed, `units` are the names under which systemd starts it.
    """

    noun: str
    title: str
    role: Role
    heads: tuple[str, ...]
    children: tuple[str, ...] = ()
    proof: str = ""
    files: tuple[str, ...] = ()
    units: tuple[str, ...] = ()

    @property
    def links(self) -> tuple[str, ...]:
        """The links that systemctl(1) makes when it enables the program."""
        return tuple(f"/etc/systemd/system/multi-user.target.wants/{u}.service" for u in self.units)


def _filter(noun: str, title: str, *heads: str, units: tuple[str, ...] = ()) -> Program:
    return Program(
        noun=noun, title=title, role=Role.FILTER, heads=heads or (noun,), units=units or (noun,)
    )


PROGRAMS = (
    Program(
        noun="postfix",
        title="Postfix",
        role=Role.MTA,
        heads=("master",),
        proof="postfix",
        # master(5): the services of the default master.cf, and those of postscreen and SASL.
        children=(
            *("anvil", "bounce", "cleanup", "discard", "dnsblog", "error", "flush", "lmtp"),
            *("local", "nqmgr", "oqmgr", "pickup", "pipe", "postlogd", "postscreen", "proxymap"),
            *("qmgr", "qmqpd", "scache", "showq", "smtp", "smtpd", "spawn", "tlsmgr"),
            *("tlsproxy", "trivial-rewrite", "verify", "virtual"),
        ),
        files=("/usr/sbin/postfix", "/usr/local/sbin/postfix"),
        units=("postfix",),
    ),
    Program(
        noun="exim",
        title="Exim",
        role=Role.MTA,
        heads=("exim4", "exim"),
        proof=" -bd",  # the daemon; the same program delivers, runs queues, and is sendmail
        files=("/usr/sbin/exim4", "/usr/sbin/exim"),
        units=("exim4", "exim"),
    ),
    Program(
        noun="dovecot",
        title="Dovecot",
        role=Role.STORE,
        heads=("dovecot",),
        children=(
            *("anvil", "auth", "config", "dict", "dns-client", "doveadm-server", "imap"),
            *("imap-hibernate", "imap-login", "indexer", "indexer-worker", "lmtp", "log"),
            *("managesieve", "managesieve-login", "old-stats", "pop3", "pop3-login", "replicator"),
            *("stats", "submission", "submission-login"),
        ),
        files=("/usr/sbin/dovecot", "/usr/local/sbin/dovecot"),
        units=("dovecot",),
    ),
    Program(
        noun="cyrus",
        title="Cyrus IMAP",
        role=Role.STORE,
        heads=("cyrmaster", "master"),
        proof="cyr",
        children=("httpd", "idled", "imapd", "lmtpd", "notifyd", "pop3d", "timsieved"),
        files=("/usr/sbin/cyrmaster", "/usr/lib/cyrus/bin/cyrmaster", "/usr/lib/cyrus/master"),
        units=("cyrus-imapd",),
    ),
    _filter("opendkim", "OpenDKIM"),
    _filter("opendmarc", "OpenDMARC"),
    _filter("rspamd", "rspamd"),
    _filter("clamd", "ClamAV", units=("clamav-daemon", "clamd")),
    _filter("clamav-milter", "ClamAV's milter"),
    _filter(
        *("amavis", "amavis", "amavisd-new", "amavisd", "/usr/sbin/amavi"),
        units=("amavis", "amavisd", "amavisd-new"),
    ),
    _filter("spamd", "SpamAssassin", units=("spamassassin", "spamd")),
    _filter("spamass-milter", "SpamAssassin's milter"),
    _filter("postgrey", "postgrey"),
    _filter("saslauthd", "saslauthd"),
    _filter("postsrsd", "PostSRSd"),
    _filter("policyd", "policyd", "cbpolicyd", "policyd-weight"),
    _filter("redis", "Redis", "redis-server", "valkey-server", units=("redis-server", "redis")),
)

NAMES = frozenset(
    name[:COMM_LIMIT] for program in PROGRAMS for name in (*program.heads, *program.children)
)
"""Every name that a process of a mail program has."""

COMMANDED = frozenset(
    ("smtpd", *(name for program in PROGRAMS if program.proof for name in program.heads))
)
"""The names whose command line is looked at: those that prove nothing, and Postfix' smtpd, which
names the service of master.cf that it works for (master(8postfix), ``-n``)."""

SYSTEMD = "/run/systemd/system"
"""There where systemd runs the machine (sd_booted(3)); elsewhere its links start nothing."""

FILES = (SYSTEMD, *(path for p in PROGRAMS for path in (*p.files, *p.links)))


def name_of(comm: str) -> str:
    """The name in the kernel's `comm`: Perl programs set theirs to ``amavisd-new (master)``."""
    return comm.split(" ", 1)[0][:COMM_LIMIT]
