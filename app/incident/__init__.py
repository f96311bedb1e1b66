"""The incident log: what was done, by whom and when, append-only and never lost."""
