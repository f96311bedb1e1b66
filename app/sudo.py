"""What scripts on a host begin with that ask root's programs by ``sudo -n``, which never asks."""

# sudo is asked once whether it lets us in at all: it may write a mail about each attempt
# (mail_no_user).
PRELUDE = r"""
if timeout -k 1 1 true 2>/dev/null; then bounded() { timeout -k 1 "$@"; }
else bounded() { shift; "$@"; }; fi
may=
[ "$(id -u)" = 0 ] || { bounded 5 sudo -n -l && may=1; } </dev/null >/dev/null 2>&1
"""
"""POSIX sh. ``bounded SECONDS COMMAND…``; `may` is 1 where sudo lets a user who is not root in."""
