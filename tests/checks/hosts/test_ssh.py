"""The ssh login against a real sshd: one connection, one shell, and every way that it fails."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from checks.hosts import (
    Denied,
    HostKeyChanged,
    LoginError,
    NeedsAnswer,
    Output,
    TimedOut,
    Unreachable,
)
from checks.hosts import ssh as ssh_login
from checks.hosts.ssh import SshLogin
from tests.checks.hosts.conftest import until
from tests.lab import sshd as lab_sshd
from tests.lab.sshd import Sshd
from tests.peers import HOST, serve
from tests.peers.delay import delayed

pytestmark = pytest.mark.real


def clients(server: Sshd) -> list[psutil.Process]:
    """What runs of ssh on our side. Where init reaps nobody, the dead stay as zombies."""
    ours = (str(server.config), os.environ["XDG_RUNTIME_DIR"])  # a master shows its socket only
    return [
        process
        for process in psutil.process_iter(["name", "cmdline", "status"])
        if process.info["name"] == "ssh"
        and process.info["status"] != psutil.STATUS_ZOMBIE
        and any(place in " ".join(process.info["cmdline"] or []) for place in ours)
    ]


def ssh_to(server: Sshd) -> SshLogin:
    return SshLogin(server.alias, config=str(server.config))


async def test_twenty_commands_at_once_share_one_connection_and_one_shell(
    sshd: Sshd, ssh: SshLogin
) -> None:
    outputs = await asyncio.gather(
        *(ssh.run(["echo", str(number)], deadline=10) for number in range(20))
    )
    assert [output.stdout for output in outputs] == [b"%d\n" % number for number in range(20)]
    assert len(sshd.connections()) == 1
    assert sshd.commands().count(["/bin/sh"]) == 1


async def test_what_was_sent_before_costs_next_to_nothing_on_the_line(
    sshd: Sshd, ssh: SshLogin
) -> None:
    passed: Counter[str] = Counter()
    there = f"Port {sshd.ports['ssh']}\n"
    text = os.urandom(5000).hex()
    async with serve(delayed(sshd.ports["ssh"], 0, address=sshd.address, passed=passed)) as port:
        known = f"HostKeyAlias [{sshd.address}]:{sshd.ports['ssh']}"
        config = sshd.config.read_text().replace(f"HostName {sshd.address}", f"HostName {HOST}")
        sshd.config.write_text(config.replace(there, f"Port {port}\n    {known}\n"))
        await ssh.run(["echo", text], deadline=10)
        passed.clear()
        output = await ssh.run(["echo", text], deadline=10)
        await ssh.close()
    assert output.stdout.decode() == f"{text}\n"
    assert 0 < passed["bytes"] < 5000, "it travels twice: 20,000 bytes without compression"


async def test_a_command_that_hangs_does_not_hold_up_the_others(sshd: Sshd, ssh: SshLogin) -> None:
    await ssh.run(["true"], deadline=10)
    hanging = asyncio.create_task(ssh.run(["sleep", "97"], deadline=40))
    await until(lambda: ["sleep", "97"] in sshd.commands())
    outputs = await asyncio.gather(*(ssh.run(["echo", "x"], deadline=20) for _ in range(6)))
    assert {output.stdout for output in outputs} == {b"x\n"}
    assert len(sshd.connections()) == 1
    assert not hanging.done()
    await ended(hanging)


async def test_no_more_channels_than_allowed_and_what_never_started_says_so(
    sshd: Sshd, ssh: SshLogin
) -> None:
    await ssh.run(["true"], deadline=10)
    hanging = [
        asyncio.create_task(ssh.run(["sleep", "96"], deadline=40))
        for _ in range(ssh_login.CHANNELS + 1)
    ]
    await until(lambda: sshd.commands().count(["sleep", "96"]) == ssh_login.CHANNELS)
    with pytest.raises(LoginError, match="true never started") as caught:
        await ssh.run(["true"], deadline=2)
    assert type(caught.value) is LoginError
    assert sshd.commands().count(["sleep", "96"]) == ssh_login.CHANNELS
    await ended(*hanging)


async def ended(*tasks: asyncio.Task[Output]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_a_line_that_drops_in_mid_command_is_told_and_the_next_call_connects_anew(
    sshd: Sshd, ssh: SshLogin
) -> None:
    await ssh.run(["true"], deadline=10)
    task = asyncio.create_task(ssh.run(["sleep", "97"], deadline=30))
    await asyncio.sleep(0.2)
    sshd.drop()
    with pytest.raises(Unreachable, match="line dropped"):
        await task
    assert (await ssh.run(["echo", "again"], deadline=10)).stdout == b"again\n"


async def test_a_line_that_drops_in_mid_stream_is_told(sshd: Sshd, ssh: SshLogin) -> None:
    async with ssh.stream(["sh", "-c", "echo begun; sleep 97"], deadline=30) as stream:
        async for _ in stream.chunks():
            sshd.drop()
        with pytest.raises(Unreachable, match="line dropped"):
            await stream.end()


async def test_a_line_that_dropped_while_idle_is_noticed_by_nobody(
    sshd: Sshd, ssh: SshLogin
) -> None:
    await ssh.run(["true"], deadline=5)
    sshd.drop()
    await until(lambda: not sshd.connections())
    await asyncio.sleep(0.3)
    assert (await ssh.run(["echo", "again"], deadline=10)).stdout == b"again\n"


async def test_a_frozen_host_costs_the_deadline_and_recovers(sshd: Sshd, ssh: SshLogin) -> None:
    await ssh.run(["true"], deadline=5)
    sshd.freeze()
    began = time.monotonic()
    with pytest.raises(TimedOut):
        await ssh.run(["true"], deadline=0.5)
    with pytest.raises(Unreachable, match="no answer"):
        await ssh.run(["true"], deadline=0.5)
    assert time.monotonic() - began < 5
    sshd.thaw()
    assert (await ssh.run(["echo", "back"], deadline=10)).stdout == b"back\n"


async def test_a_stopped_server_is_unreachable_and_asked_again_only_later(
    sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = ssh_to(sshd)
    sshd.stop()
    errors = await asyncio.gather(
        *(ssh.run(["true"], deadline=5) for _ in range(8)), return_exceptions=True
    )
    assert [type(error) for error in errors] == [Unreachable] * 8
    assert "refused" in str(errors[0])
    sshd.start()
    with pytest.raises(Unreachable, match="refused"):
        await ssh.run(["true"], deadline=5)
    monkeypatch.setattr(ssh_login, "FORGET_AFTER", 0.0)
    assert (await ssh.run(["true"], deadline=10)).exit_status == 0
    await ssh.close()


async def test_a_name_that_nobody_knows_is_unreachable(sshd: Sshd) -> None:
    ssh = SshLogin("no-such-host.invalid", config=str(sshd.config))
    with pytest.raises(Unreachable, match=r"resolve|known"):
        await ssh.run(["true"], deadline=10)


async def test_an_unknown_host_key_needs_an_answer(sshd: Sshd) -> None:
    sshd.known_hosts.write_text("")
    with pytest.raises(NeedsAnswer, match="not known yet"):
        await ssh_to(sshd).run(["true"], deadline=10)
    assert sshd.known_hosts.read_text() == ""


async def test_a_changed_host_key_is_told_apart(sshd: Sshd) -> None:
    sshd.make_key("other")
    key = (sshd.folder / "other.pub").read_text()
    sshd.known_hosts.write_text(f"[{sshd.address}]:{sshd.ports['ssh']} {key}")
    with pytest.raises(HostKeyChanged):
        await ssh_to(sshd).run(["true"], deadline=10)


async def test_a_refused_key_is_denied_and_not_offered_again(sshd: Sshd) -> None:
    sshd.authorized_keys.write_text("")
    ssh = ssh_to(sshd)
    for _ in range(3):
        with pytest.raises(Denied, match="Permission denied"):
            await ssh.run(["true"], deadline=10)
    await until(lambda: _REFUSED in sshd.told())  # sshd writes it after we are gone
    assert sshd.told().count(_REFUSED) == 1


_REFUSED = "Connection closed by authenticating user"


async def test_a_host_that_also_takes_passwords_needs_an_answer(
    private_runtime_folder: None,
) -> None:
    with lab_sshd.sshd(has_password=True) as server:
        server.authorized_keys.write_text("")
        with pytest.raises(NeedsAnswer, match="password"):
            await ssh_to(server).run(["true"], deadline=10)


async def test_a_key_with_a_passphrase_needs_an_answer_and_the_terminal_gives_it(
    sshd: Sshd, tmp_path: Path
) -> None:
    sshd.make_key("user", passphrase="correct horse")
    sshd.authorized_keys.write_text((sshd.folder / "user.pub").read_text())
    ssh = ssh_to(sshd)
    with pytest.raises(NeedsAnswer, match="Permission denied"):
        await ssh.run(["true"], deadline=10)
    # Stands for the person in the terminal: the same command line, the passphrase typed.
    typist = tmp_path / "typist"
    typist.write_text("#!/bin/sh\necho correct horse\n")
    typist.chmod(0o755)
    answer = {"SSH_ASKPASS": str(typist), "SSH_ASKPASS_REQUIRE": "force"}
    done = await asyncio.to_thread(
        subprocess.run, ssh.interactive_argv(), env=os.environ | answer, timeout=15, check=False
    )
    assert done.returncode == 0
    ssh.retry()
    assert (await ssh.run(["echo", "in"], deadline=10)).stdout == b"in\n"
    assert len(sshd.connections()) == 1
    await ssh.close()
    await until(lambda: not sshd.connections())


@pytest.mark.parametrize(
    "junk",
    [
        "echo Welcome; printf 'no newline'; echo oops >&2",
        "head -c 3000000 /dev/urandom; head -c 3000000 /dev/urandom >&2",
        "printf '\\033]0;pwned\\007'; export LC_ALL=de_DE.UTF-8 PATH=/bin",
    ],
)
async def test_whatever_the_login_shell_prints_first_is_dropped(
    private_runtime_folder: None, tmp_path: Path, junk: str
) -> None:
    shell = tmp_path / "shell"
    shell.write_text(f'#!/bin/sh\n{junk}\nexec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n')
    shell.chmod(0o755)
    with lab_sshd.sshd(extra=f"ForceCommand {shell}") as server:
        ssh = ssh_to(server)
        output = await ssh.run(["sh", "-c", "echo out $LC_ALL; echo err >&2"], deadline=10)
        assert (output.stdout, output.stderr) == (b"out C\n", b"err\n")
        async with ssh.stream(["echo", "streamed"], deadline=10) as stream:
            assert [chunk async for chunk in stream.chunks()] == [b"streamed\n"]
        await ssh.close()


async def test_a_user_who_gets_no_shell_is_denied(private_runtime_folder: None) -> None:
    words = "This account is currently not available."
    shell = f"ForceCommand echo '{words}' >&2; exit 1"
    with lab_sshd.sshd(extra=shell) as server, pytest.raises(Denied, match="not available"):
        await ssh_to(server).run(["true"], deadline=10)


async def test_close_leaves_no_process_and_a_second_time_does_nothing(
    sshd: Sshd, ssh: SshLogin
) -> None:
    await ssh.run(["true"], deadline=5)
    assert len(clients(sshd)) == 2  # the shell's, and the one that holds the connection
    await ssh.close()
    await ssh.close()
    await until(lambda: not clients(sshd))
    await until(lambda: not sshd.connections())


async def test_close_in_the_middle_of_connecting_leaves_no_process(sshd: Sshd) -> None:
    sshd.freeze()
    ssh = ssh_to(sshd)
    with pytest.raises(Unreachable):
        await ssh.run(["true"], deadline=0.5)
    assert clients(sshd)
    await ssh.close()
    await until(lambda: not clients(sshd))


async def test_close_leaves_a_connection_that_was_there_before(sshd: Sshd) -> None:
    first, second = ssh_to(sshd), ssh_to(sshd)
    await first.run(["true"], deadline=10)
    await second.run(["true"], deadline=10)
    await second.close()
    async with first.stream(["echo", "still"], deadline=5) as stream:  # a channel more
        assert (await stream.end()).exit_status == 0
        assert len(sshd.connections()) == 1
    await first.close()
    await until(lambda: not sshd.connections())


async def test_a_run_that_is_cancelled_while_connecting_does_not_spoil_the_attempt(
    sshd: Sshd, ssh: SshLogin
) -> None:
    hasty = asyncio.create_task(ssh.run(["true"], deadline=10))
    patient = asyncio.create_task(ssh.run(["echo", "in"], deadline=10))
    await asyncio.sleep(0.05)
    hasty.cancel()
    assert (await patient).stdout == b"in\n"
    assert len(sshd.connections()) == 1


async def test_the_wrapper_serves_programs_that_know_no_config_file(
    sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{sshd.bin}:{os.environ['PATH']}")
    ssh = SshLogin(sshd.alias)
    assert (await ssh.run(["echo", "in"], deadline=10)).stdout == b"in\n"
    await ssh.close()
    await until(lambda: not sshd.connections())


async def test_without_an_ssh_client_it_says_so(
    private_runtime_folder: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LoginError, match=r"can't run ssh: No such file"):
        await SshLogin("mail1").run(["true"], deadline=5)


async def test_when_we_are_killed_the_shell_and_its_command_end_by_themselves(sshd: Sshd) -> None:
    script = (
        "import asyncio, sys; from checks.hosts.ssh import SshLogin\n"
        "login = SshLogin(sys.argv[1], config=sys.argv[2])\n"
        "asyncio.run(login.run(['sleep', '97'], deadline=2))"
    )
    argv = [sys.executable, "-c", script, sshd.alias, str(sshd.config)]
    process = subprocess.Popen(argv, cwd=Path(ssh_login.__file__).parents[2])
    try:
        await until(lambda: ["sleep", "97"] in sshd.commands())
    finally:
        process.kill()
        process.wait()
    await until(lambda: len(clients(sshd)) == 1)  # the connection, for ControlPersist
    assert ["/bin/sh"] not in sshd.commands()
    await ssh_to(sshd)._control("exit")
    await until(lambda: not clients(sshd))
