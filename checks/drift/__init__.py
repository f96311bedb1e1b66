"""Checks of the drift room: every module without a leading underscore is one."""
