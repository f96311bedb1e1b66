"""The console: the App, what feeds it, its commands and screens."""
