"""Real peers that tests of any room may ask for by name."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.lab import dovecot as lab_dovecot
from tests.lab import postfix as lab_postfix
from tests.lab import sshd as lab_sshd
from tests.lab.daemon import short_folder

# How fast an example is tells of the machine and not of the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI (MAILMEDIC_REAL) a real-server test that can't run is a failure, by name."""
    report = yield
    if report.skipped and os.environ.get("MAILMEDIC_REAL") and item.get_closest_marker("real"):
        report.outcome = "failed"
    return report


@pytest.fixture(autouse=True, scope="session")
def nobodys_own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No config and no open incident of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            monkeypatch.setenv(name, str(tmp_path_factory.mktemp(name)))
        yield


@pytest.fixture
def private_runtime_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No socket of a shared ssh connection in the user's own folders."""
    with short_folder("mm-run") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
        yield


@pytest.fixture
def sshd(private_runtime_folder: None) -> Iterator[lab_sshd.Sshd]:
    """A running sshd that lets us in."""
    with lab_sshd.sshd() as server:
        yield server


@pytest.fixture
def postfix() -> Iterator[lab_postfix.Postfix]:
    """A running Postfix: what is not for lab.test is deferred."""
    with lab_postfix.postfix() as server:
        yield server


@pytest.fixture
def dovecot() -> Iterator[lab_dovecot.Dovecot]:
    """A running Dovecot with the users ana and canary1."""
    with lab_dovecot.dovecot() as server:
        yield server
