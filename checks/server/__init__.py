"""Checks of the server room: every module without a leading underscore is one."""
