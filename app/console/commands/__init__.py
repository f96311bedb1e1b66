"""The operator's commands: one file, one class, found by being here."""
