"""What an operator does: the console, the commands, the monitor, the config."""

VERSION = "0.1.0"
