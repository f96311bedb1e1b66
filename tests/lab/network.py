"""The lab's nets: a bridge for each in a namespace of its own, and a veth pair for each card.

    mail net 10.77.0.0/24, fd77::/64         gw  jump  mail1  mail2  ns1  bmc1
    outside  10.77.9.0/24, fd77:9::/64       gw  jump  ext

`jump` has a card in both: what it sees of the mail net is its own sight, and its notices get out
when everything else is down. Nothing reaches this machine's own network.
"""

from __future__ import annotations

from pathlib import Path

from tests.lab.host import Host
from tests.lab.place import Place
from tests.lab.run import run

NETS = ("mail", "outside")
SWITCH = "switch"
PING_FOR_NOBODY = "1 0"
"""``net.ipv4.ping_group_range``: no unprivileged ICMP, as on many machines."""


def lay(place: Place, hosts: list[Host]) -> None:
    """Make the switch, and a namespace with its cards for each host."""
    switch = place.namespace(SWITCH)
    _namespace(switch)
    for net in NETS:
        run(["ip", "-n", switch, "link", "add", net, "type", "bridge", "forward_delay", "0"])
        run(["ip", "-n", switch, "link", "set", net, "up"])
    for host in hosts:
        _namespace(place.namespace(host.name))
        if host.is_router:
            for key in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
                set_sysctl(place.namespace(host.name), key, "1")
        for number, link in enumerate(host.link):
            _plug(switch, place.namespace(host.name), f"eth{number}", host.name, link.net)


def _namespace(name: str) -> None:
    run(["ip", "netns", "add", name])
    run(["ip", "-n", name, "link", "set", "lo", "up"])
    # No waiting for duplicate addresses: nobody else is there.
    for key in ("net.ipv6.conf.all.accept_dad", "net.ipv6.conf.default.accept_dad"):
        set_sysctl(name, key, "0")
    set_sysctl(name, "net.ipv4.ping_group_range", PING_FOR_NOBODY)


def set_sysctl(namespace: str, key: str, value: str) -> None:
    """Set a kernel parameter of a network namespace."""
    path = Path("/proc/sys", *key.split("."))
    run(["ip", "netns", "exec", namespace, "sh", "-c", f"echo {value} > {path}"])


def _plug(switch: str, namespace: str, card: str, host: str, net: str) -> None:
    port = port_of(host, net)
    pair = ["type", "veth", "peer", "name", card, "netns", namespace]
    run(["ip", "-n", switch, "link", "add", port, *pair])
    run(["ip", "-n", switch, "link", "set", port, "master", net, "up"])


def port_of(host: str, net: str) -> str:
    """The switch's port that a host's card is plugged into."""
    return f"{host}-{net}"


def connect(place: Place, host: Host) -> None:
    """Give the host its addresses and routes, as its network scripts would at boot."""
    lines = []
    for number, link in enumerate(host.link):
        card = f"eth{number}"
        lines += [f"addr replace {address} dev {card}" for address in link.addresses]
        lines.append(f"link set {card} up")
    lines += [f"route replace default via {way}" for way in host.gateway]
    run(["ip", "-n", place.namespace(host.name), "-batch", "-"], stdin="\n".join(lines))


def disconnect(place: Place, host: Host) -> None:
    """Take its cards down: a host without power answers nothing, not even for its addresses."""
    for number in range(len(host.link)):
        run(["ip", "-n", place.namespace(host.name), "link", "set", f"eth{number}", "down"])
