"""The status page: what was told to users, as static files that anybody can read."""
