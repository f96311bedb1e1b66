"""Real servers to test against, of two kinds.

``postfix.py``, ``dovecot.py``, ``sshd.py``: one server on a loopback address, up in a second.
The rest is the outage lab: hosts with systemd in namespaces of their own, and faults to inject
(``python -m tests.lab``; README.md here).
"""
