"""Which system to watch where nobody wrote a config: a domain's, or this machine's own."""
