"""Practice outages on a small real mail system that runs in child processes on loopback ports.

SMTP and submission are aiosmtpd, IMAP is pymap; they share one Maildir. No root, no network.
"""
