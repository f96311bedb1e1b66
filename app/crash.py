"""What is left of an error nobody expected: one line for the person, the details in a file."""

from __future__ import annotations

import os
import tempfile
import traceback

from checks.text import redact, visible


def keep(error: BaseException) -> str:
    """Write `error`, secrets masked, into a file that only this user can read; the line to print.

    No local variables go into it: a probe's locals hold passwords.
    """
    lines = "".join(traceback.format_exception(error)).splitlines()
    text = "\n".join(redact(visible(line)) for line in lines)
    what = redact(visible("".join(traceback.format_exception_only(error)), 200))
    try:
        handle, path = tempfile.mkstemp(prefix="mailmedic-", suffix=".txt")  # mode 0600
        with os.fdopen(handle, "w") as file:
            file.write(text + "\n")
    except OSError:
        return f"a bug in mailmedic: {what}"
    return f"a bug in mailmedic: {what}; please report it with {path}"
