"""What a host's kernel knows of its hardware: gathered, not judged. No right is needed for it.

proc(5): vmstat, mdstat, interrupts; Linux, Documentation/ABI: devices-edac, class-hwmon.
How it went down before this boot: wtmp(5) through last(1), where that is missing or shows no
shutdown the journal of the boot before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from checks.facts import HardwareFacts, RaidArray, Sensor
from checks.model import now
from checks.server._look import Garbled, Question
from checks.text import visible

# read, not cat: no program is started for each sensor.
SCRIPT = r"""
[ -r /proc/vmstat ] || exit 1
echo "uptime $(cat /proc/uptime)"
grep '^oom_kill ' /proc/vmstat
sed -n 's/^ *MCE:/mce/p' /proc/interrupts
[ -r /proc/mdstat ] && sed 's/^/md /' /proc/mdstat
for file in /sys/devices/system/edac/mc/mc*/[cu]e_count; do
  [ -r "$file" ] && read -r count <"$file" && echo "edac ${file##*/} $count"
done
for file in /sys/class/hwmon/hwmon*/temp*_crit; do
  one=${file%_crit}; folder=${file%/*}; name= label=${one##*/} value= most=
  [ -r "$file" ] && read -r most <"$file" && read -r value <"${one}_input" || continue
  read -r name <"$folder/name"; [ -r "${one}_label" ] && read -r label <"${one}_label"
  echo "temp $value $most $name $label"
done
records=$(last -x -n 20 reboot shutdown | cut -d ' ' -f 1 | head -n 2)
printf 'last %s\n' $records
[ "$(echo $records)" = "reboot shutdown" ] ||
  journalctl -q -b -1 -n 3 -o cat _TRANSPORT=driver + \
    _PID=1 UNIT=multi-user.target MESSAGE_ID=@STOPPED@ | sed 's/^/said /'
exit 0
"""

STOPPED = "9d1aaa27d60140bd96365438aad20286"
"""systemd's message (SD_MESSAGE_UNIT_STOPPED, sd-messages.h) that a unit was stopped.

Of the boot before only two kinds of lines are asked for, neither of which a user can write, nor
read without the right to read all. journald's own (systemd.journal-fields(7), ``driver``) end with
"Journal stopped"; but where /var is a disk of its own, that line comes after it is unmounted.
"""

SCRIPT = f"{{ {SCRIPT.replace('@STOPPED@', STOPPED).strip()}\n}} 2>/dev/null\n"

NEAR = 5
"""Degrees below the critical temperature that are worth a warning."""

_LINE = re.MULTILINE | re.ASCII
_EDAC = re.compile(r"^edac ([cu])e_count (\d{1,15})$", _LINE)
_TEMPERATURE = re.compile(r"^temp (-?\d{1,9}) (\d{1,9}) (.*)$", _LINE)
_ARRAY = re.compile(r"^md (md\w{1,32}) : (active|inactive)(?: \([a-z-]+\))* ?(.*)$", _LINE)
_DISKS = re.compile(r" \[(\d{1,5})/(\d{1,5})\]", re.ASCII)
_CONTAINER = re.compile(r"super external:[a-z]", re.ASCII)
"""What holds the arrays of a firmware's RAID (IMSM, DDF); it is never active itself."""
_WORK = re.compile(r"(recovery|resync|reshape|check) *= *(\d{1,3}\.\d%|PENDING|DELAYED)", re.ASCII)


def parse(text: str) -> HardwareFacts:
    """What `SCRIPT` printed. Raises Garbled."""
    uptime = re.search(r"^uptime (\d{1,9}\.\d\d) ", text, _LINE)
    if uptime is None:
        raise Garbled("no /proc there as Linux has it")
    oom = re.search(r"^oom_kill (\d{1,15})$", text, _LINE)
    checked = re.search(r"^mce((?: +\d{1,15})+)", text, _LINE)
    return HardwareFacts(
        booted=now() - timedelta(seconds=float(uptime[1])),
        ended=_ended(text),
        oom_kills=int(oom[1]) if oom else None,
        machine_checks=sum(map(int, checked[1].split())) if checked else None,
        corrected=_errors("c", text),
        uncorrected=_errors("u", text),
        arrays=tuple(parse_mdstat(text)),
        temperatures=tuple(map(_temperature, _TEMPERATURE.findall(text))),
    )


def _ended(text: str) -> str:
    """Below this boot's record stands the shutdown before it, or at once the boot before that.

    Either witness of a shutdown is believed; without any, nobody knows.
    """
    records = re.findall(r"^last (reboot|shutdown)\b", text, _LINE)[:2]
    said: list[str] = re.findall(r"^said (.+)$", text, _LINE)
    if records == ["reboot", "shutdown"]:
        return "clean"
    if said:
        is_clean = any(one.startswith(("Journal stopped", "Stopped target")) for one in said)
        return "clean" if is_clean else "unclean"
    return "unclean" if records == ["reboot", "reboot"] else ""


def _errors(kind: str, text: str) -> int | None:
    counts = [int(count) for one, count in _EDAC.findall(text) if one == kind]
    return sum(counts) if counts else None


def _temperature(found: tuple[str, str, str]) -> Sensor:
    value, most = int(found[0]) / 1000, int(found[1]) / 1000
    health = "critical" if value >= most else "warning" if value >= most - NEAR else "ok"
    is_read = 0 < most < 200 and value > -100  # some drivers give a limit of 0 or 65,261 degrees
    return Sensor(
        kind="temperature",
        name=visible(found[2], 48),
        reading=f"{value:.0f}°C",
        health=health if is_read else "",
    )


def parse_mdstat(text: str) -> Iterable[RaidArray]:
    """The arrays of /proc/mdstat, each line behind ``md``."""
    found = list(_ARRAY.finditer(text))
    ends = [one.start() for one in found[1:]] + [len(text)]
    for one, end in zip(found, ends, strict=False):
        about = text[one.end() : end]
        if _CONTAINER.search(about):
            continue
        disks, work = _DISKS.search(about), _WORK.search(about)
        yield RaidArray(
            name=one[1],
            level=visible(one[3].split(" ")[0], 16) if one[2] == "active" else "",
            is_active=one[2] == "active",
            wants=int(disks[1]) if disks else 0,
            has=int(disks[2]) if disks else 0,
            work=f"{work[1]} {work[2]}" if work else "",
        )


QUESTION = Question("hardware", None, SCRIPT, parse)
