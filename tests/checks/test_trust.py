from __future__ import annotations

import asyncio
import ssl
import time

import pytest

from checks import trust


async def test_a_context_is_built_once_for_many_who_want_it_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built = []

    def build(cafile: str | None = None) -> ssl.SSLContext:
        built.append(cafile)
        time.sleep(0.02)
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    monkeypatch.setattr(trust, "_contexts", {})
    monkeypatch.setattr(ssl, "create_default_context", build)
    contexts = await asyncio.gather(*(trust.context("") for _ in range(20)))
    assert (len(set(contexts)), built) == (1, [None])


async def test_building_a_context_leaves_the_loop_free(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(cafile: str | None = None) -> ssl.SSLContext:
        time.sleep(0.3)
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    monkeypatch.setattr(trust, "_contexts", {})
    monkeypatch.setattr(ssl, "create_default_context", build)
    building = asyncio.create_task(trust.context(""))
    await asyncio.sleep(0.05)
    assert not building.done()
    await building


async def test_certificates_are_verified() -> None:
    context = await trust.context("")
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
