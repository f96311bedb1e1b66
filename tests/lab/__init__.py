"""Real servers from Debian packages, on folders and addresses of their own."""
