"""A command on a host: shown, written down, run, and what came of it written down."""
