"""Checks of the protocol room: every module without a leading underscore is one."""
