"""Each login there is: what holds for a command on one holds on all."""

from tests.checks.hosts.conftest import lasting_sshd, login

__all__ = ["lasting_sshd", "login"]
