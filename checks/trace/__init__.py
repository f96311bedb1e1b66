"""Follows one message through the logs of all hosts: where it came from, and where it is now."""
