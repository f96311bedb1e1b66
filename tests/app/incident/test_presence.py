from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from app.incident.presence import Presence

SITTING = """
import sys
from pathlib import Path
from app.incident.presence import Presence
Presence(Path(sys.argv[1]), "2026-11-23-01", "raj@pts/2")
print("here", flush=True)
sys.stdin.read()
"""


def test_those_who_are_here_are_seen_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    ana = Presence(tmp_path, "2026-11-23-01", "ana@pts/1")
    raj = Presence(tmp_path, "2026-11-23-01", "raj@pts/2")
    Presence(tmp_path, "2026-11-24-01", "eve@pts/3")
    assert raj.look().here == ("ana@pts/1", "raj@pts/2")
    assert ana.look().is_first
    assert not raj.look().is_first
    ana.leave()
    assert raj.look().here == ("raj@pts/2",)
    assert raj.look().is_first


def test_a_killed_session_is_gone_and_one_of_us_is_told(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", SITTING, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == b"here\n"
        ana = Presence(tmp_path, "2026-11-23-01", "ana@pts/1")
        eve = Presence(tmp_path, "2026-11-23-01", "eve@pts/3")
        assert ana.look().here == ("raj@pts/2", "ana@pts/1", "eve@pts/3")
        child.kill()
        child.wait()
        told = [one.look().gone for one in (ana, eve, ana)]
        assert told == [("raj@pts/2",), (), ()]
        assert ana.look().here == ("ana@pts/1", "eve@pts/3")
    finally:
        child.kill()
        child.communicate()
    ana.leave()
    eve.leave()
    assert not list((tmp_path / "here").iterdir())


def test_a_name_in_another_ones_file_is_made_harmless(tmp_path: Path) -> None:
    ana = Presence(tmp_path, "2026-11-23-01", "ana")
    eve = Presence(tmp_path, "2026-11-23-01", "\x1b]0;eve\x07")
    assert ana.look().here == ("ana", "^[]0;eve^G")
    eve.leave()
