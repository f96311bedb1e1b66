"""What is drawn anew for each lab: ssh keys and DKIM keys."""

from __future__ import annotations

import re
from pathlib import Path

from tests.lab.host import Host
from tests.lab.place import Place
from tests.lab.run import run

SIGNERS = {"lab.test": "mail1", "dept.test": "mail2"}
"""Which host signs for which domain."""


def upper(place: Place, host: str) -> Path:
    """What differs on that host from this machine."""
    return place.folder / host / "upper"


def give_ssh_keys(place: Place, hosts: list[Host]) -> None:
    """A key for each host, one for the operator on `jump`, and everybody knows everybody."""
    known = []
    for host in hosts:
        key = _ssh_key(upper(place, host.name) / "etc/ssh/ssh_host_ed25519_key")
        known.append(f"{','.join((host.name, f'{host.name}.lab.test', host.address))} {key}")
    home = upper(place, "jump") / "home/oper/.ssh"
    own = _ssh_key(home / "id_ed25519")
    (home / "known_hosts").write_text("\n".join(known))
    for host in hosts:
        path = upper(place, host.name) / "home/oper/.ssh/authorized_keys"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(own)


def _ssh_key(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", str(path)])
    return path.with_name(f"{path.name}.pub").read_text().strip()


def give_dkim_keys(place: Place, names: set[str]) -> None:
    """A key for each domain's signer, and its record for the zone."""
    for domain, host in SIGNERS.items():
        if not {host, "ns1"} <= names:
            continue
        path = upper(place, host) / "etc/dkimkeys/lab.private"
        path.parent.mkdir(parents=True, exist_ok=True)
        run(["openssl", "genrsa", "-out", str(path), "2048"])
        public = run(["openssl", "rsa", "-in", str(path), "-pubout", "-outform", "PEM"])
        body = public.partition("KEY-----")[2].partition("-----END")[0].replace("\n", "")
        # RFC 1035 3.3.14: a string of a TXT record holds 255 characters.
        parts = re.findall(".{1,250}", f"v=DKIM1; k=rsa; p={body}")
        strings = " ".join(f'"{part}"' for part in parts)
        record = upper(place, "ns1") / f"etc/bind/{domain}.dkim"
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(f"lab._domainkey IN TXT ( {strings} )\n")
