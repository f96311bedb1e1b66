"""The queue room, proved."""
