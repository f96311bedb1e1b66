"""What only root may ask of disks: what they say of themselves (smartctl(8)), and lvs(8).

A disk that is dying may keep smartctl waiting: it goes alone, not with the other questions.
"""

from __future__ import annotations

import re

from msgspec import Struct

from checks.hosts import Login
from checks.text import visible

# sudo complains to the log, and on some hosts by mail, about each question that it refuses: so it
# is asked only where there is something to ask, and `hardware` does not come back soon.
SCRIPT = r"""
PATH=$PATH:/usr/sbin:/sbin; sudo=
[ "$(id -u)" = 0 ] || sudo="sudo -n"
set --
for disk in /sys/block/sd* /sys/block/nvme*n*; do [ -e "$disk/device" ] && set -- "$@" "$disk"; done
[ $# = 0 ] || command -v smartctl >/dev/null || echo "no smartctl"
[ $# = 0 ] || ! command -v smartctl >/dev/null || for disk; do
  said=$($sudo smartctl -n standby -H "/dev/${disk##*/}" 2>&1)
  case $said in *sudo:*|*"may not run sudo"*) echo "denied"; break;; esac
  printf '%s\n' "$said" | sed -n "s/^SMART [^:]*[Hh]ealth[^:]*: */smart ${disk##*/} /p"
done
[ -n "$sudo" ] || ! command -v lvs >/dev/null ||
  lvs --noheadings --separator '|' -o lv_full_name,lv_health_status 2>/dev/null | sed 's/^ */lv /'
echo end
"""

_SMART = re.compile(r"^smart (\w{1,32}) (.*)$", re.MULTILINE | re.ASCII)
_VOLUME = re.compile(r"^lv ([^|\n]{1,200})\|(.+)$", re.MULTILINE)


OUTPUT_LIMIT = 1 << 16


class Disks(Struct, frozen=True):
    """Disks that call themselves failing, and volumes that are not well, each with its word.

    `is_late` says that they gave no answer when they were asked last: the rest is older.
    """

    failing: tuple[tuple[str, str], ...] = ()
    volumes: tuple[tuple[str, str], ...] = ()
    is_denied: bool = False
    is_missing: bool = False
    is_late: bool = False


def parse(text: str) -> Disks:
    """What `SCRIPT` printed. ATA disks say PASSED, SCSI disks OK."""
    smart = [(name, visible(word.strip(), 40)) for name, word in _SMART.findall(text)]
    return Disks(
        failing=tuple((name, word) for name, word in smart if word not in ("PASSED", "OK")),
        volumes=tuple((visible(one, 80), visible(word, 40)) for one, word in _VOLUME.findall(text)),
        is_denied="\ndenied\n" in f"\n{text}",
        is_missing="\nno smartctl\n" in f"\n{text}",
    )


async def ask(login: Login, *, deadline: float) -> Disks:
    """What they say. Raises LoginError; TimedOut where a disk keeps smartctl waiting."""
    output = await login.run(["sh", "-c", SCRIPT], deadline=deadline, limit=OUTPUT_LIMIT)
    return parse(output.stdout.decode("utf-8", "replace"))
