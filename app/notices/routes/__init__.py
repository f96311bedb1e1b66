"""Ways that notices go: one kind a file, found by being here."""
