"""Whom TLS connections trust: one `ssl.SSLContext` per set of CAs, built once and off the loop.

Loading the system's CAs takes 60 ms; a context per connection costs thirty times the connection.
"""

from __future__ import annotations

import asyncio
import functools
import ssl
import threading


class CaFileError(Exception):
    """The configured CA file could not be loaded."""


_contexts: dict[str, ssl.SSLContext] = {}
_building = threading.Lock()


async def context(ca_file: str = "") -> ssl.SSLContext:
    """The context that trusts the CAs in `ca_file`, else the system's. Raises CaFileError."""
    if ca_file in _contexts:
        return _contexts[ca_file]
    return await asyncio.to_thread(_build_once, ca_file)


def _build_once(ca_file: str) -> ssl.SSLContext:
    with _building:
        if ca_file not in _contexts:
            _contexts[ca_file] = _build(ca_file)
        return _contexts[ca_file]


def _build(ca_file: str) -> ssl.SSLContext:
    try:
        built = ssl.create_default_context(cafile=ca_file or None)
    except ssl.SSLError as error:
        raise CaFileError(f"CA file {ca_file} holds no certificate") from error
    except OSError as error:
        raise CaFileError(f"CA file {ca_file}: {error.strerror or error}") from error
    # Python 3.13 turns it on; mail clients do not, and many private CAs fail it.
    built.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return built


@functools.cache
def anybody() -> ssl.SSLContext:
    """Takes any certificate and the oldest TLS: to look at what is there, never to say a word."""
    built = unverified()
    built.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    built.set_ciphers("ALL:@SECLEVEL=0")
    return built


def unverified() -> ssl.SSLContext:
    """Trusts anybody: only for who compares the certificate's fingerprint before saying a word."""
    built = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    built.check_hostname = False
    built.verify_mode = ssl.CERT_NONE
    return built
