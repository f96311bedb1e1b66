"""Debian's Prometheus and Alertmanager, each on an address of its own, never as a service.

with alertmanager() as server:
    server.raise_alerts({"alertname": "Down", "instance": "mail1:25"})
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from checks.when import iso
from tests.lab.daemon import Daemon, free_ports, need, own_address, short_folder, until

ALERTMANAGER = """
route: {receiver: nobody}
receivers: [{name: nobody}]
"""

PROMETHEUS = """
global: {evaluation_interval: 1s}
rule_files: [rules.yml]
"""


class Web(Daemon):
    """A server with an HTTP API."""

    @property
    def url(self) -> str:
        """What the config would say."""
        return f"http://{self.address}:{self.ports['http']}"

    def is_ready(self) -> bool:
        """Whether it takes questions: it listens before."""
        try:
            urllib.request.urlopen(self.url + "/-/ready", timeout=10).close()
        except OSError:
            return False
        return True

    def post(self, path: str, body: object) -> Any:
        """What it answers to that JSON."""
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            said = answer.read()
        return json.loads(said) if said else None


class Alertmanager(Web):
    """An Alertmanager that notifies nobody."""

    def raise_alerts(self, labels: dict[str, str], since: datetime, summary: str = "") -> None:
        """Tell it of an alert, as Prometheus does."""
        annotations = {"summary": summary} if summary else {}
        alert = {"labels": labels, "annotations": annotations, "startsAt": iso(since)}
        self.post("/api/v2/alerts", [alert])

    def silence(self, name: str, since: datetime, until: datetime) -> None:
        """Silence alerts of that name."""
        matcher = {"name": "alertname", "value": name, "isRegex": False, "isEqual": True}
        silence = {
            "matchers": [matcher],
            "startsAt": iso(since),
            "endsAt": iso(until),
            "createdBy": "test",
            "comment": "planned work",
        }
        self.post("/api/v2/silences", silence)


@contextmanager
def alertmanager() -> Iterator[Alertmanager]:
    """A running Alertmanager without a cluster."""
    need("prometheus-alertmanager", "prometheus-alertmanager")
    address = own_address()
    ports = free_ports(address, "http")
    with short_folder("mm-am") as folder:
        (folder / "am.yml").write_text(ALERTMANAGER)
        argv = [
            "prometheus-alertmanager",
            f"--config.file={folder}/am.yml",
            f"--storage.path={folder}/data",
            f"--web.listen-address={address}:{ports['http']}",
            "--cluster.listen-address=",
        ]
        yield from _running(Alertmanager(argv, folder, address, ports))


@contextmanager
def prometheus(rules: str) -> Iterator[Web]:
    """A running Prometheus that evaluates `rules` (YAML) every second, and scrapes nothing."""
    need("prometheus", "prometheus")
    address = own_address()
    ports = free_ports(address, "http")
    with short_folder("mm-prom") as folder:
        (folder / "prom.yml").write_text(PROMETHEUS)
        (folder / "rules.yml").write_text(rules)
        argv = [
            "prometheus",
            f"--config.file={folder}/prom.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address={address}:{ports['http']}",
        ]
        yield from _running(Web(argv, folder, address, ports))


def _running(server: Any) -> Iterator[Any]:
    server.start()
    until(server.is_ready, f"{server.argv[0]} is ready: {server.told()}")
    try:
        yield server
    finally:
        server.stop()
