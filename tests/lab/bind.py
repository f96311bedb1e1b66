"""Debian's real BIND, twice, on ports of its own: a signed zone, and a resolver that validates.

    with bind("mail1 A 127.0.0.1") as (authority, resolver): ...

The zone is ``lab.test``; the resolver knows its key, and asks the authority alone. BIND listens on
addresses of interfaces only, so both are on 127.0.0.1.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.daemon import Daemon, free_ports, need, short_folder

ZONE = "lab.test"
ADDRESS = "127.0.0.1"

_HEAD = """\
$TTL 60
@ SOA ns1 root 1 3600 600 86400 60
@ NS ns1
ns1 A 127.0.0.1
"""

_OPTIONS = """
options {{
    directory "{folder}";
    pid-file none;
    session-keyfile none;
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    {more}
}};
controls {{ }};
"""

_AUTHORITY = 'zone "lab.test" { type primary; file "zone.signed"; };'

_RESOLVER = """
zone "lab.test" {{ type forward; forward only; forwarders {{ 127.0.0.1 port {authority}; }}; }};
trust-anchors {{ lab.test. static-key {key}; }};
"""


@contextmanager
def bind(records: str) -> Iterator[tuple[Daemon, Daemon]]:
    """Authority and resolver, started; ended and removed afterwards."""
    need("bind9", "named", "dnssec-keygen", "dnssec-signzone")
    with short_folder("mm-bind") as folder:
        authority = _authority(folder, records)
        servers = (authority, _resolver(folder, authority.ports["dns"]))
        try:
            for one in servers:
                one.start()
            yield servers
        finally:
            for one in servers:
                one.stop()


def _authority(folder: Path, records: str) -> Daemon:
    lines = "\n".join(line.strip() for line in records.splitlines())
    (folder / "zone").write_text(_HEAD + lines + "\n")
    for argv in (
        ("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", ZONE),
        ("dnssec-signzone", "-q", "-S", "-z", "-o", ZONE, "zone"),
    ):
        subprocess.run(argv, cwd=folder, check=True, capture_output=True)
    return _named(folder / "authority.conf", "recursion no;", _AUTHORITY)


def _resolver(folder: Path, authority: int) -> Daemon:
    (record,) = folder.glob(f"K{ZONE}.*.key")
    *_, last = record.read_text().splitlines()
    flags, protocol, algorithm, *key = last.split("DNSKEY ", 1)[1].split()
    anchor = f'{flags} {protocol} {algorithm} "{"".join(key)}"'
    more = "dnssec-validation yes; qname-minimization off; empty-zones-enable no;"
    return _named(folder / "resolver.conf", more, _RESOLVER.format(authority=authority, key=anchor))


def _named(conf: Path, more: str, zones: str) -> Daemon:
    ports = free_ports(ADDRESS, "dns")
    conf.write_text(_OPTIONS.format(folder=conf.parent, port=ports["dns"], more=more) + zones)
    argv = ("/usr/sbin/named", "-g", "-n", "1", "-c", str(conf))
    return Daemon(argv, conf.parent, ADDRESS, ports)
