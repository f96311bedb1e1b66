"""Checks of the outside room: every module without a leading underscore is one."""
