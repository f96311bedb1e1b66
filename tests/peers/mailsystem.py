"""A whole mail system of two peers, `smtp` and `imap`, over one store; what it does wrong is set.

system = MailSystem(deliver=deliver_twice)
async with serve(system.smtp, tls=…) as port, serve(system.imap, tls=…) as mailbox: ...
"""

from __future__ import annotations

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from dataclasses import dataclass, field

USER_DENIED = b"535 5.7.8 Error: authentication failed\r\n"
HANG = b""
DROP = b"(the connection)"
PIECE = 1 << 16


@dataclass
class Message:
    uid: int
    folder: str
    content: bytes


@dataclass
class MailSystem:
    """`smtp_says` and `imap_says` replace the answer to a command; after `HANG` nothing comes,
    and `DROP` ends the connection.

    In an IMAP answer ``%T`` is the command's tag.
    """

    deliver: Callable[[MailSystem, bytes], None] = lambda system, mail: system.put(mail)
    smtp_says: dict[str, bytes] = field(default_factory=dict)
    imap_says: dict[str, bytes] = field(default_factory=dict)
    auth: str = "PLAIN LOGIN"
    capabilities: str = "IMAP4rev1 AUTH=PLAIN UIDPLUS"
    messages: list[Message] = field(default_factory=list)
    held: list[bytes] = field(default_factory=list)
    taken: int = 0
    heard: bytearray = field(default_factory=bytearray)
    uids: int = 0
    has_taken: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, mail: bytes, folder: str = "INBOX") -> None:
        """Into a folder."""
        self.uids += 1
        self.messages.append(Message(self.uids, folder, mail))

    # SMTP

    async def smtp(self, reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(self.smtp_says.get("banner", b"220 mx.lab.test ESMTP\r\n"))
        while line := await reader.readline():
            self.heard += line
            command = line.split()[0].decode().upper()
            answer = self.smtp_says.get(command) if command != "DATA" else None
            if answer is not None:
                await _say(writer, answer)
            elif command == "EHLO":
                writer.write(f"250-mx.lab.test\r\n250 AUTH {self.auth}\r\n".encode())
            elif command == "AUTH":
                writer.write(b"235 2.7.0 ok\r\n")
            elif command == "DATA":
                await self._take(reader, writer)
            else:
                writer.write(b"250 2.1.0 Ok\r\n")

    async def _take(self, reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"354 go\r\n")
        lines = []
        while (line := await reader.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        self.taken += 1
        self.deliver(self, b"".join(lines))
        self.has_taken.set()
        await _say(writer, self.smtp_says.get("DATA", b"250 2.0.0 Ok: queued as 4XyZ12\r\n"))

    # IMAP

    async def imap(self, reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(self.imap_says.get("greeting", b"* OK ready\r\n"))
        folder = "INBOX"
        while line := await reader.readline():
            self.heard += line
            tag, _, rest = line.decode().strip().partition(" ")
            words = rest.upper().removeprefix("UID ").split()
            name = words[0] if words else ""
            if name == "AUTHENTICATE":
                writer.write(b"+ \r\n")
                self.heard += await reader.readline()
            if name in self.imap_says:
                await _say(writer, self.imap_says[name].replace(b"%T", tag.encode()))
                continue
            if name == "SELECT":
                folder = rest.split(" ", 1)[1]
            for answer in self._answers(name, rest, folder):
                writer.write(answer)
            writer.write(f"{tag} OK done\r\n".encode())
            await writer.drain()

    def _answers(self, name: str, rest: str, folder: str) -> list[bytes]:  # noqa: PLR0911
        here = [one for one in self.messages if one.folder == folder]
        if name == "CAPABILITY":
            return [f"* CAPABILITY {self.capabilities}\r\n".encode()]
        if name == "LIST":
            folders = ["INBOX", *sorted({one.folder for one in self.messages} - {"INBOX"})]
            return [f'* LIST (\\HasNoChildren) "/" {one}\r\n'.encode() for one in folders]
        if name == "SELECT":
            return [f"* {len(here)} EXISTS\r\n".encode()]
        if name == "SEARCH":
            found = [one.uid for one in here if _is_searched(one, rest)]
            return [f"* SEARCH {' '.join(map(str, found))}\r\n".encode()]
        if name not in ("FETCH", "EXPUNGE"):
            return []
        uids = {int(number) for number in re.findall(r"\d+", rest.split()[2])}
        chosen = [one for one in here if one.uid in uids]
        if name == "FETCH":
            return [_fetched(one, rest) for one in chosen]
        self.messages = [one for one in self.messages if one not in chosen]
        return []


def _is_searched(message: Message, rest: str) -> bool:
    head, _, body = message.content.partition(b"\r\n\r\n")
    is_ours = b"X-Mailmedic-Canary:" in head
    return not is_ours and b"@mailmedic.invalid" in body if "TEXT" in rest else is_ours


def _fetched(message: Message, rest: str) -> bytes:
    head, _, body = message.content.partition(b"\r\n\r\n")
    if "HEADER.FIELDS" in rest:
        own = [line for line in head.split(b"\r\n") if line.startswith(b"X-Mailmedic")]
        parts = [(b"BODY[HEADER.FIELDS (X-MAILMEDIC-CANARY)]", b"\r\n".join([*own, b"", b""]))]
    else:
        parts = [(b"BODY[HEADER]<0>", head + b"\r\n\r\n"), (b"BODY[TEXT]<0>", body)]
    said = b" ".join(b"%s {%d}\r\n%s" % (name, len(text), text) for name, text in parts)
    return b"* %d FETCH (UID %d %s)\r\n" % (message.uid, message.uid, said)


async def _say(writer: StreamWriter, answer: bytes) -> None:
    if answer == HANG:
        await asyncio.sleep(3600)
    if answer == DROP:
        raise ConnectionResetError
    for start in range(0, len(answer), PIECE):
        writer.write(answer[start : start + PIECE])
        await writer.drain()


# What becomes of a message


def lose(system: MailSystem, mail: bytes) -> None:
    """23: 250 to everything, and nothing is delivered."""


def give_back(system: MailSystem, mail: bytes) -> None:
    """A server on the way gives it up, and tells its sender."""
    head = b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\n"
    status = b"Action: failed\r\nStatus: 5.4.4\r\nDiagnostic-Code: smtp; no such host\r\n\r\n"
    system.put(head + status + mail)


def hold(system: MailSystem, mail: bytes) -> None:
    """It is not there yet."""
    system.held.append(mail)


def deliver_twice(system: MailSystem, mail: bytes) -> None:
    system.put(mail)
    system.put(mail)


def deliver_and_hold(system: MailSystem, mail: bytes) -> None:
    system.put(mail)
    system.held.append(mail)


def file_as_junk(system: MailSystem, mail: bytes) -> None:
    system.put(mail, "Junk")


def alter(system: MailSystem, mail: bytes) -> None:
    system.put(mail.replace(b"mail flows", b"m=61il flows"))


def add_footer(system: MailSystem, mail: bytes) -> None:
    system.put(mail + b"\r\nThis e-mail is confidential.\r\n")
