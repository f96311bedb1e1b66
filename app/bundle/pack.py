"""A bundle as a file: a tar.gz of one text for each piece, our own results, and an index of it all.

The same content makes the same bytes: names are in order, times are that of the bundle.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from app import VERSION
from app.bundle.piece import Gathered, command_line
from app.command.output import clean
from app.incident import place
from app.incident.error import LogError, why
from app.incident.kinds import Bundled
from app.status import check
from checks.board import Standing
from checks.mask import mask
from checks.model import Host
from checks.text import redact, visible
from checks.when import iso

RESULTS = "results.json"
INDEX = "index.txt"


class Bundle(Struct, frozen=True):
    """Its file: the name, what is in there, and what the log says of it."""

    name: str
    content: bytes
    told: Bundled


def pack(
    host: Host,
    gathered: Sequence[Gathered],
    standings: Iterable[Standing],
    at: datetime,
    incident: str = "",
) -> Bundle:
    """What was `gathered` of `host`, and our own results of it, secrets masked."""
    word = re.sub(r"[^\w.-]", "_", host.name, flags=re.ASCII)
    stem = f"evidence-{word}-{at:%Y%m%dT%H%M%SZ}"
    name = ".".join(filter(None, (incident, stem, "tar.gz")))
    texts = {f"{one.piece.name}.txt": _masked(one) + "\n" for one in gathered if one.content}
    own = [_result(one) for one in standings if one.host == host]
    texts[RESULTS] = msgspec.json.format(msgspec.json.encode(own), indent=2).decode() + "\n"
    texts[INDEX] = _index(host, gathered, at, len(own))
    content = _archive({f"{stem}/{file}": texts[file].encode() for file in sorted(texts)}, at)
    told = Bundled(
        host=host.name,
        file=name,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        holds=tuple(one.piece.name for one in gathered if one.is_held),
        missing=tuple(redact(visible(one.line)) for one in gathered if one.reason),
    )
    return Bundle(name, content, told)


def _masked(one: Gathered) -> str:
    """As it is kept; of settings everything is masked that a baseline masks, too."""
    text = clean(one.content)
    return mask(text) if one.piece.name.startswith("config-") else text


def keep(bundle: Bundle, folder: Path) -> Path:
    """Put the file into `folder`, which is there; its path. Raises LogError."""
    path = folder / bundle.name
    try:
        place.put(path, bundle.content)
    except OSError as error:
        raise LogError(f"{path}: the evidence bundle can't be kept: {why(error)}") from error
    return path


def _result(standing: Standing) -> dict[str, object]:
    """As ``status --json`` has it, and what the server said."""
    evidence = standing.result.evidence if standing.result else ()
    return {**check(standing), "evidence": [redact(line) for line in evidence]}


def _index(host: Host, gathered: Sequence[Gathered], at: datetime, results: int) -> str:
    login = host.login.name if host.login else "none"
    lines = [
        f"evidence of {host.name} ({host.address}, by {login}) at {iso(at)}, mailmedic {VERSION}",
        "secrets are masked; a line here for each command, whether it answered or not",
        "",
    ]
    for one in gathered:
        size = f"{len(one.content):,}"
        said = f"  [{one.reason}]" if one.reason else ""
        lines.append(
            f"{one.outcome:<9} {size:>9}  {one.piece.name:<24} {command_line(one.piece)}{said}"
        )
    lines.append(f"{'ok':<9} {'':>9}  {RESULTS:<24} mailmedic's own results: {results}")
    return "\n".join(redact(visible(line, 2000)) for line in lines) + "\n"


def _archive(files: Mapping[str, bytes], at: datetime) -> bytes:
    """A tar.gz of `files`, which only their owner may read."""
    packed = io.BytesIO()
    seconds = int(at.timestamp())
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=seconds) as gz,
        tarfile.open(fileobj=gz, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(content), seconds, 0o600
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()
