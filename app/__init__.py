"""What an operator does: the console, the commands, the monitor, the config."""
