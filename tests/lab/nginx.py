"""Debian's real nginx on an address of its own: webmail, autoconfig, Exchange's health pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.daemon import (
    Daemon,
    free_ports,
    need,
    own_address,
    short_folder,
    write_certificate,
)

_CONF = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log off;
    default_type text/html;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen {address}:{https} ssl;
        ssl_certificate {folder}/cert.pem;
        ssl_certificate_key {folder}/key.pem;
        location = / {{ return 302 /webmail/; }}
        location = /webmail/ {{ return 200 "<title>Roundcube</title>"; }}
        location = /owa/healthcheck.htm {{ return 200 "200 OK<br/>MAIL1.LAB.TEST"; }}
        location = /ews/healthcheck.htm {{ return 200 "sorry"; }}
        location = /mapi/healthcheck.htm {{ return 503; }}
        location = /secret/ {{ return 401; }}
        location = /mail/config-v1.1.xml {{ return 200 "<?xml?><clientConfig/>"; }}
    }}
}}
"""


@contextmanager
def nginx() -> Iterator[Daemon]:
    """Started; ended and removed afterwards."""
    need("nginx-light", "nginx")
    with short_folder("mm-nginx") as folder:
        server = _server(folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _server(folder: Path) -> Daemon:
    address = own_address()
    ports = free_ports(address, "https")
    write_certificate(folder, address)
    conf = folder / "nginx.conf"
    conf.write_text(_CONF.format(folder=folder, address=address, **ports))
    argv = ("/usr/sbin/nginx", "-c", str(conf), "-p", str(folder))
    return Daemon(argv, folder, address, ports)
