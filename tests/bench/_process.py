"""What a process has used, from /proc (proc(5))."""

from __future__ import annotations

from pathlib import Path


def cpu(pid: int) -> dict[str, float]:
    """CPU seconds of each thread that lives, by its id; the process's id is the main thread."""
    used = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        used[task.name] = int((task / "schedstat").read_text().split()[0]) / 1e9
    return used


def descendants(pid: int) -> list[int]:
    """The processes that it has started, and they theirs."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    children = [int(word) for word in text.split()]
    return [*children, *(one for child in children for one in descendants(child))]


def pss(pid: int) -> float:
    """Proportional set size, in MiB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"no Pss of {pid}")


def kernel(pid: int) -> float:
    """CPU seconds that it has spent in the kernel: on loopback also the peer's share of TCP."""
    return _stat(pid, 15)


def reaped(pid: int) -> float:
    """CPU seconds of children that have ended."""
    return _stat(pid, 16) + _stat(pid, 17)


def _stat(pid: int, field: int) -> float:
    """A field of stat, counted as in proc_pid_stat(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[field - 3]) / 100
