"""Asking a check of the server room about a host that is reached in one way or another."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

import pytest

from checks import registry
from checks.hosts import Login, LoginError, Output
from checks.hosts.local import LocalLogin
from checks.model import CheckOptions, Host, Result, Target
from checks.resolver import Resolver


class Far(LocalLogin):
    """This machine taken for another one: asked by script, as over ssh, behind `prefix`."""

    name = "ssh:mail1"
    is_local = False

    def __init__(self, *prefix: str) -> None:
        self._prefix = prefix
        super().__init__()

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        return await super().run([*self._prefix, *argv], deadline=deadline, limit=limit)


class Answers(Far):
    """A host that answers everything with the same text, or fails."""

    def __init__(self, answer: Output | LoginError) -> None:
        super().__init__()
        self._answer = answer

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        if isinstance(self._answer, LoginError):
            raise self._answer
        return self._answer


def own_host(script: str) -> Far:
    """A host whose processes and mounts are those that `script` makes, without systemd."""
    need_namespaces()
    spaces = ("--pid", "--fork", "--kill-child", "--mount-proc")
    hide = "[ ! -d /run/systemd ] || mount -t tmpfs tmpfs /run/systemd"
    return Far("unshare", *spaces, "sh", "-c", f'{hide}\n{script}\n"$@"', "sh")


def need_namespaces() -> None:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("namespaces of their own need root and util-linux")


async def ask(
    kind: str,
    login: Login | None,
    *,
    options: CheckOptions | None = None,
    services: tuple[str, ...] = (),
    mta: str = "",
    deadline: float = 10.0,
) -> Result:
    """The answer of the check of that kind about a host with that login."""
    check = registry.load(kind)
    host = Host(name="mail1", address="127.0.0.1", login=login, services=services, mta=mta)
    target = Target(name="mail1", about=kind, resolver=Resolver(), host=host)
    result = await check.check(target, options or check.Options(), deadline=deadline)
    assert set(result.codes) <= set(check.FINDINGS), "a finding that is not declared"
    return result
