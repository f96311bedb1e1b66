"""Tells people, while mail is down: by ways that do not depend on what is broken."""
