from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.hosts import Denied, HostKeyChanged, LoginError, NeedsAnswer, Unreachable
from checks.hosts._openssh import checked, client, control_folder, meaning


@pytest.mark.parametrize(
    "destination",
    ["mail1", "root@mail1", "mail1.lab.test", "2001:db8::1", "me@corp@gw", "MAIL_1", "::1"],
)
def test_what_one_types_after_ssh_is_accepted(destination: str) -> None:
    assert checked(destination) == destination


@pytest.mark.parametrize(
    "destination",
    [
        "",
        "-oProxyCommand=reboot",
        "-l",
        "a@-oProxyCommand=x",
        "-x@mail1",
        "mail1;reboot",
        "mail1 reboot",
        "$(reboot)",
        "`reboot`",
        "mail1\n",
        "\nmail1",
        "a\0b",
        "mail1/x",
        "%h",
        "@mail1",
        "mail1@",
        "é",
        "m" * 256,
        "\x1b]0;x",
    ],
)
def test_hostile_destinations_are_refused_in_one_visible_line(destination: str) -> None:
    with pytest.raises(ValueError, match="is not what ssh can be given") as caught:
        checked(destination)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("complaint", "error"),
    [
        ("ssh: connect to host mx port 22: Connection refused", Unreachable),
        ("ssh: connect to host mx port 22: Connection timed out", Unreachable),
        ("ssh: connect to host mx port 22: No route to host", Unreachable),
        ("ssh: connect to host mx port 22: Network is unreachable", Unreachable),
        ("ssh: Could not resolve hostname mx: Name or service not known", Unreachable),
        ("Connection timed out during banner exchange", Unreachable),
        ("kex_exchange_identification: Connection closed by remote host", Unreachable),
        ("Connection reset by 192.0.2.1 port 22", Unreachable),
        ("Timeout, server mx not responding.", Unreachable),
        ("client_loop: send disconnect: Broken pipe", Unreachable),
        ("root@mx: Permission denied (publickey).", Denied),
        ("root@mx: Permission denied (publickey,gssapi-with-mic).", Denied),
        ("root@mx: Permission denied (publickey,password).", NeedsAnswer),
        ("root@mx: Permission denied (publickey,keyboard-interactive).", NeedsAnswer),
        (
            "Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures\n"
            "Disconnected from 192.0.2.1 port 22",
            Denied,
        ),
        (
            "No ED25519 host key is known for mx and you have requested strict checking.\n"
            "Host key verification failed.",
            NeedsAnswer,
        ),
        ("Host key verification failed.\nConnection closed by UNKNOWN port 65535", NeedsAnswer),
        (
            "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n"
            "Host key verification failed.",
            HostKeyChanged,
        ),
        ("@       WARNING: REVOKED HOST KEY DETECTED!               @", HostKeyChanged),
        ("command-line: line 0: Bad configuration option: nonsense", LoginError),
        ("", LoginError),
    ],
)
def test_each_complaint_has_its_meaning(complaint: str, error: type[LoginError]) -> None:
    assert type(meaning(complaint.encode())) is error


@given(st.binary(max_size=300))
def test_any_complaint_gives_a_short_printable_reason(complaint: bytes) -> None:
    reason = str(meaning(complaint))
    assert reason
    assert reason.isprintable()


def test_control_sockets_lie_in_a_private_folder_that_is_short_enough(
    monkeypatch: pytest.MonkeyPatch, private_runtime_folder: None
) -> None:
    folder = control_folder()
    assert str(folder).startswith(os.environ["XDG_RUNTIME_DIR"])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(os.fsencode(folder)) + 1 + 40 + 17 < 108


def test_a_folder_that_others_can_enter_or_that_is_too_long_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, private_runtime_folder: None
) -> None:
    open_to_all = Path(os.environ["XDG_RUNTIME_DIR"], "mailmedic")
    open_to_all.mkdir()
    open_to_all.chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path / "none"))
    assert control_folder() != open_to_all
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("long" * 20)))
    assert len(os.fsencode(control_folder())) < 50


def test_a_quiet_client_never_asks_and_an_interactive_one_may(
    private_runtime_folder: None,
) -> None:
    assert "BatchMode=yes" in client("")
    assert "BatchMode=yes" not in client("", is_quiet=False)
