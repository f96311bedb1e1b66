"""Checks of the queue room: every module without a leading underscore is one."""
