"""Each login there is: what is gathered over one is gathered over all."""

from tests.checks.hosts.conftest import lasting_sshd, login

__all__ = ["lasting_sshd", "login"]
