"""Checks of the network room: every module without a leading underscore is one."""
