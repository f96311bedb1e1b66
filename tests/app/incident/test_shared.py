"""One incident for everybody in the group: two operators, and one who may only read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.daemon import short_folder

ROOT = Path(__file__).parents[3]

PEOPLE = """\
import encodings.ascii, json, os, sys, traceback
from pathlib import Path
from app.incident import folder, witness
from app.incident.chain import verify
from app.incident.kinds import Note
from app.incident.log import IncidentLog

GROUP, ANA, BO, EVE = 12345, 12001, 12002, 12003
shared, spare = Path(sys.argv[1]) / "shared", Path(sys.argv[1]) / "spare"
incidents = shared / "incidents"
witness.SOCKET = "/nowhere"


def as_user(uid, groups, work):
    # What has to be imported is: an ordinary user may not even see this program's files.
    output, writes = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups(groups)
            os.setgid(uid)
            os.setuid(uid)
            os.umask(0o077)
            os.write(writes, json.dumps(work()).encode())
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writes)
    os.waitpid(pid, 0)
    said = os.read(output, 1 << 16)
    os.close(output)
    return json.loads(said)


def opens():
    return IncidentLog.create(incidents, "Mail is down", spare=spare / "ana").id


def adds(text, who):
    def work():
        told = []
        log = IncidentLog(incidents, incident, spare=spare / who, tell=told.append)
        entry = log.append(Note(), text)
        return [entry.is_written, [one.text for one in log.entries], told]
    return work


def modes():
    return {
        path.name.partition("Z")[0][:24]: (oct(path.stat().st_mode & 0o7777), path.stat().st_gid)
        for path in (incidents, *incidents.iterdir())
    }


for path, mode in ((spare, 0o777), (shared, 0o2770)):
    path.mkdir()
    path.chmod(mode)
os.chown(shared, 0, GROUP)
shared.chmod(0o2770)
"""

TOGETHER = (
    PEOPLE
    + """
incident = as_user(ANA, [GROUP], opens)
log = folder.path_of(incidents, incident)
assert modes() == {"incidents": ("0o2770", GROUP), log.name: ("0o660", GROUP)}, modes()
written, texts, told = as_user(BO, [GROUP], adds("bo was here", "bo"))
assert (written, texts, told) == (True, ["", "bo was here"], [])
written, texts, told = as_user(ANA, [GROUP], adds("ana too", "ana"))
assert (written, texts) == (True, ["", "bo was here", "ana too"])

# Whoever mends it, it stays everybody's.
with log.open("ab") as file:
    file.write(b"garbage\\nunfinished")
written, texts, told = as_user(BO, [GROUP], adds("bo mended it", "bo"))
assert written and len(told) == 4, told
assert {mode for name, mode in modes().items() if name != "incidents"} == {("0o660", GROUP)}
written, texts, told = as_user(ANA, [GROUP], adds("ana goes on", "ana"))
assert written and not told, told
names = [one.operator.name for one in IncidentLog(incidents, incident, spare=spare / "x").entries]
assert set(names) == {f"uid {ANA}", f"uid {BO}"}, names
assert not verify(log.read_bytes()).broken
"""
)

READING = (
    PEOPLE
    + """
incident = as_user(ANA, [GROUP], opens)
log = folder.path_of(incidents, incident)
try:
    as_user(EVE, [], adds("x", "eve"))
    raise AssertionError("who is not in the group may not even read")
except json.JSONDecodeError:
    pass
for path in (shared, incidents):
    path.chmod(0o2775)
log.chmod(0o664)
before = log.read_bytes()
assert as_user(EVE, [], lambda: folder.current(incidents)) == incident
written, texts, told = as_user(EVE, [], adds("eve's", "eve"))
assert (written, texts) == (False, ["", "eve's"])
assert "Permission denied; you can read along, its owner can let your group write" in told[0], told
assert "1 entry waits in memory and in" in told[0], told
assert log.read_bytes() == before

# Once she may, what waited comes.
written, texts, told = as_user(EVE, [GROUP], adds("and more", "eve"))
assert (written, texts, told) == (True, ["", "eve's", "and more"], []), (texts, told)
"""
)

ALONE = (
    PEOPLE
    + """
private = Path(sys.argv[1]) / "private"
private.mkdir()
os.chown(private, ANA, ANA)
incidents = private / "incidents"
incident = as_user(ANA, [GROUP], opens)
assert modes() == {"incidents": ("0o700", ANA), f"{incident}.jsonl": ("0o600", ANA)}, modes()
# root, called to help, takes nothing away from her.
log = folder.path_of(incidents, incident)
with log.open("ab") as file:
    file.write(b"garbage\\n")
assert IncidentLog(incidents, incident, spare=spare / "root").append(Note(), "root").is_written
written, texts, told = as_user(ANA, [], adds("still mine", "ana"))
assert written, told
"""
)


@pytest.fixture
def place() -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root can be several people")
    with short_folder("mm-people") as folder:
        folder.chmod(0o755)
        yield folder


@pytest.mark.parametrize("story", [TOGETHER, READING, ALONE], ids=["together", "reading", "alone"])
def test_it_is_shared_with_the_group_where_the_folder_is(story: str, place: Path) -> None:
    argv = [sys.executable, "-c", story, str(place)]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
