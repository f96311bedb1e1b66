"""A password stands in no result, log, argument of a process or traceback, whoever is asked.

Canaries: `protocol/test_roundtrip.py`; IPMI: `server/test_power.py`. Here: what is asked by HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from app.monitor import Job, run_job
from checks import http, registry
from checks.model import Host, Monitor, Power, Result, System, Target
from checks.outside import monitor
from checks.resolver import Resolver
from checks.secret import Secret
from checks.server import power
from tests.peers import HOST, serve

WORD = "hunter2-correct"
FORMS = (WORD, "dTpodW50ZXIyLWNvcnJlY3Q=")
"""The word, and ``u:WORD`` as HTTP's Basic sends it."""


def redfish(port: int) -> Target:
    asked = Power(
        kind="redfish", where=f"http://{HOST}:{port}/r", user="u", password=Secret(env="WORD")
    )
    host = Host(name="mail1", address=HOST, power=asked)
    return power.targets(System(name="lab", resolver=Resolver(), hosts=(host,)))[0]


def by_token(port: int) -> Target:
    return _of(Monitor(name="site", kind="prometheus", url=_url(port), token=Secret(env="WORD")))


def by_password(port: int) -> Target:
    word = Secret(env="WORD")
    return _of(Monitor(name="site", kind="icinga2", url=_url(port), user="u", password=word))


def _url(port: int) -> str:
    return f"http://{HOST}:{port}"


def _of(site: Monitor) -> Target:
    return monitor.targets(System(name="lab", resolver=Resolver(), monitors=(site,)))[0]


ASKED: list[Callable[[int], Target]] = [redfish, by_token, by_password]


async def echoes(reader: StreamReader, writer: StreamWriter) -> None:
    """Says what it heard in every place of an answer."""
    heard = (await reader.readuntil(b"\r\n\r\n")).replace(b"\r\n", b" ")
    head = b"HTTP/1.1 302 %s\r\nLocation: http://x/?%s\r\nContent-Length: %d\r\n\r\n"
    writer.write(head % (heard, heard, len(heard)) + heard)
    await writer.drain()


async def asked(target: Target) -> Result:
    check = registry.load(target.about)
    return await run_job(
        Job(kind=target.about, check=check, target=target, options=check.Options())
    )


@pytest.mark.parametrize("make", ASKED)
async def test_a_server_that_echoes_gives_nothing_away(
    make: Callable[[int], Target], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("WORD", WORD)
    said = []
    async with serve(echoes) as port:
        target = make(port)
        said = [repr(await asked(target)), repr(target), caplog.text]
    assert not [form for form in FORMS for text in said if form in text]


@pytest.mark.parametrize("make", ASKED)
async def test_a_check_that_crashes_while_it_holds_a_secret_gives_nothing_away(
    make: Callable[[int], Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORD", WORD)
    traces: list[str] = []

    async def ask(*_: object, **__: object) -> http.Answer:
        try:
            raise RuntimeError("a bug")
        except RuntimeError:
            traces.append(traceback.format_exc())
            raise

    monkeypatch.setattr(http.Client, "ask", ask)
    found = await asked(make(1))
    assert found.codes == ("check.crashed",)
    assert not [form for form in FORMS for text in (repr(found), *traces) if form in text]


@pytest.mark.parametrize("make", ASKED)
async def test_a_secret_that_no_header_can_hold_is_not_repeated(
    make: Callable[[int], Target], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number, bad in enumerate(("\x01", "ä", "\x7f")):
        monkeypatch.setenv("WORD", f"{WORD}{bad}{number}")
        found = await asked(make(1))
        assert WORD not in repr(found)
        assert "check.crashed" not in found.codes


@pytest.mark.parametrize("make", ASKED)
async def test_a_secret_stands_in_no_process_list(
    make: Callable[[int], Target], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also while a command tells it."""
    (tmp_path / "kept").write_text(WORD + "\n")
    command = Secret(command=f"sh -c 'sleep 0.2; cat {tmp_path}/kept'")
    monkeypatch.setattr(f"{__name__}.Secret", lambda env: command)
    seen: list[bytes] = []

    async def watch() -> None:
        while True:
            for one in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    seen.append(one.read_bytes())
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    await asked(make(1))
    watching.cancel()
    assert any(b"sleep 0.2" in line for line in seen)
    assert not any(form.encode() in line for form in FORMS for line in seen)
