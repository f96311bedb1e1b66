"""The evidence bundle: what is worth keeping of one host before anything there is restarted."""
