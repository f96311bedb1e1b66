"""Tests of checks/protocol."""
