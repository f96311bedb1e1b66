"""Finds test mail in a mailbox, and takes it out again. Nobody else's mail is touched.

Our own dialogue greets, starts TLS and logs in, under TLS alone; aioimaplib talks on from there.
RFC 3501 (IMAP), 4315 (UIDPLUS), 6154 (SPECIAL-USE). Of a large mailbox only the last days are
searched, and the newest messages: the server then need not open every message in it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from checks.model import State
from checks.protocol import imap
from checks.protocol._dialogue import Broken, How
from checks.protocol._judged import Judged
from checks.protocol._login import Login
from checks.protocol._session import Session
from checks.protocol._stopped import Refused
from checks.protocol._testmail import HEADER, tokens_in
from checks.secret import Credentials
from checks.text import MASK, visible

FINDINGS = {
    "roundtrip.login.no-tls": "no TLS: the password is not sent in clear",
    "roundtrip.login.failed": "the server refuses the canary's password",
    "roundtrip.login.temporary": "the server can't check passwords now, or takes no more logins",
    "roundtrip.mailbox.refused": "the mailbox can't be opened or searched",
}

STEPS = ("login", "list", "select", "search", "fetch", "remove")

SINCE = timedelta(days=3)
"""How far back is searched: a day may begin elsewhere, and leftovers are a few hours old."""

NEWEST = 100
"""Messages at the end of a folder that are searched whatever their date, which is by the server's
clock: where that is behind, what has just come is of long ago."""

MOST = 200
"""Messages of ours that are looked at in one folder, the newest: one an hour for a week."""

HEADER_LIMIT = 32_768
BODY_LIMIT = 8_192
"""Bytes that are fetched of a message of ours, whatever has been added to it."""

REPORTS, REPORT_LIMIT = 10, 32_768
"""Reports on ours that are looked at, the newest, and bytes of each: what it says comes first."""

_JUNK = re.compile(rb'\((?P<flags>[^()]*)\) (?:NIL|"[^"]*") (?P<name>"[^"\r\n]+"|[^\s"(){}%*\\]+)')
_JUNK_NAMES = re.compile(rb'"?(?:inbox[./])?(?:junk|spam|junk e-?mail|bulk)"?', re.IGNORECASE)
_EXISTS = re.compile(rb"(?:\* )?(\d{1,10}) EXISTS\b")
_NUMBER = re.compile(rb"\b\d{1,10}\b")
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_TEMPORARY = re.compile(r"^\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN)\]", re.IGNORECASE)


class Copy(Struct, frozen=True):
    """A message of ours in the selected folder."""

    uid: int
    token: str


class Mailbox:
    """One canary's mailbox, from the greeting on; its methods raise what `Session.run` takes."""

    def __init__(self, session: Session) -> None:
        from aioimaplib.aioimaplib import IMAP4ClientProtocol

        self._session = session
        self._talk = imap.Talk()
        self._imap = IMAP4ClientProtocol(asyncio.get_running_loop())

    async def open(self, login: Login) -> None:
        """Greet and log in."""
        session, talk = self._session, self._talk
        await imap.enter(session, talk)
        talk.is_secure = session.certificate is not None
        for judged in imap.judge(talk):
            if judged.state == State.CRITICAL:
                raise Refused(judged)
        if not talk.is_secure:
            text = "STARTTLS is not offered, so the password was not sent"
            raise Refused(Judged(State.CRITICAL, "roundtrip.login.no-tls", text))
        with session.step("login", after="the password"):
            async with login.turn("roundtrip.login.failed"):
                talk.capabilities, before = None, talk.capabilities
                answer = await self._log_in(login.credentials, before or frozenset())
                if answer.word != "OK":
                    raise Refused(_judge_login(answer))
        self._lend()
        if talk.capabilities is None:
            with session.step("login", after="CAPABILITY"):
                await session.dialogue.ask(self._imap.capability(), shown="CAPABILITY")

    async def _log_in(
        self, credentials: Credentials, capabilities: frozenset[str]
    ) -> imap.Response:
        dialogue, talk = self._session.dialogue, self._talk
        if "AUTH=PLAIN" not in capabilities:
            user, password = map(_quoted, (credentials.user, credentials.reveal()))
            dialogue.send(f"l LOGIN {user} {password}", shown=f"l LOGIN {user} {MASK}")
            return await imap.answer(dialogue, "l", talk)
        dialogue.send("l AUTHENTICATE PLAIN")
        line = await dialogue.line()
        if not line.startswith(b"+"):
            return _response(line)
        dialogue.send(credentials.plain(), shown=MASK)
        return await imap.answer(dialogue, "l", talk)

    def _lend(self) -> None:
        if self._session.dialogue.has_more:
            raise Broken(How.EARLY)
        self._session.dialogue.lend(self._imap)
        self._imap.state = "AUTH"
        self._imap.capabilities = set(self._talk.capabilities or ())

    async def junk_folders(self) -> list[str]:
        """The folders that filters put spam in, by their use or else by their name."""
        options = ["RETURN (SPECIAL-USE)"] if "SPECIAL-USE" in self._imap.capabilities else []
        command = self._imap.simple_command("LIST", '""', '"*"', *options)
        found = []
        for line in await self._ask("list", "LIST", command):
            match = _JUNK.match(line)
            if match and (
                b"\\Junk" in match["flags"].split() or _JUNK_NAMES.fullmatch(match["name"])
            ):
                found.append(match["name"].decode("ascii", "ignore"))
        return found[:3]

    async def find(self, folder: str) -> list[Copy]:
        """Select `folder`; the messages of ours in it."""
        uids = await self._search(folder, "HEADER", HEADER, '""')
        if not uids:
            return []
        part = f"BODY.PEEK[HEADER.FIELDS ({HEADER})]"
        fetched = await self._fetch(uids[-MOST:], part)
        return [Copy(uid, token) for uid, [text] in fetched for token in tokens_in(text)[:1]]

    async def quoting(self, text: str) -> list[tuple[int, bytes, bytes]]:
        """Messages in the inbox that are not ours, and have `text` in them: reports on ours.

        Number, header, and body as far as it is looked at.
        """
        uids = await self._search("INBOX", "TEXT", _quoted(text), "NOT", "HEADER", HEADER, '""')
        if not uids:
            return []
        parts = f"BODY.PEEK[HEADER]<0.{HEADER_LIMIT}> BODY.PEEK[TEXT]<0.{REPORT_LIMIT}>"
        fetched = await self._fetch(uids[-REPORTS:], parts)
        return [(uid, texts[0], texts[1]) for uid, texts in fetched if len(texts) == 2]

    async def _search(self, folder: str, *criteria: str) -> list[int]:
        """Select `folder`; the numbers of those of its recent messages, in their order."""
        told = await self._ask("select", f"SELECT {folder}", self._imap.select(folder))
        recent = ["SINCE", f"{datetime.now(UTC) - SINCE:%d-%b-%Y}"]
        if count := next((int(one[1]) for line in told if (one := _EXISTS.match(line))), 0):
            recent = ["OR", *recent, f"{max(1, count - NEWEST + 1)}:*"]
        command = self._imap.search("UNDELETED", *recent, *criteria, charset=None, by_uid=True)
        lines = await self._ask("search", "UID SEARCH", command)
        return sorted({int(number) for line in lines for number in _NUMBER.findall(line)})

    async def fetch(self, copy: Copy) -> tuple[bytes, bytes]:
        """Header and body of a message, as far as they are looked at."""
        parts = f"BODY.PEEK[HEADER]<0.{HEADER_LIMIT}> BODY.PEEK[TEXT]<0.{BODY_LIMIT}>"
        for _, texts in await self._fetch([copy.uid], parts):
            if len(texts) == 2:
                return texts[0], texts[1]
        raise Broken(How.MALFORMED, "a message that was found does not come")

    async def _fetch(self, uids: Sequence[int], parts: str) -> list[tuple[int, list[bytes]]]:
        """Each message's number and the literals that came of it."""
        command = self._imap.fetch(",".join(map(str, uids)), f"(UID {parts})", by_uid=True)
        fetched: list[tuple[int, list[bytes]]] = []
        for line in await self._ask("fetch", f"UID FETCH {parts}", command):
            if isinstance(line, bytearray):
                if fetched:
                    fetched[-1][1].append(bytes(line))
            elif match := _UID.search(line):
                fetched.append((int(match[1]), []))
        return [(uid, texts) for uid, texts in fetched if texts and uid in uids]

    async def remove(self, copies: Sequence[Copy]) -> None:
        """Take messages out of the selected folder; without UIDPLUS they are marked as deleted.

        A plain EXPUNGE would take along what others have marked.
        """
        uids = ",".join(str(copy.uid) for copy in copies)
        command = self._imap.store(uids, "+FLAGS.SILENT", r"(\Deleted)", by_uid=True)
        await self._ask("remove", f"UID STORE {uids} \\Deleted", command)
        if "UIDPLUS" in self._imap.capabilities:
            expunge = self._imap.expunge(uids, by_uid=True)
            await self._ask("remove", f"UID EXPUNGE {uids}", expunge)

    async def _ask(self, step: str, shown: str, command: Coroutine[Any, Any, Any]) -> list[bytes]:
        """The untagged lines of an answer, and its literals."""
        with self._session.step(step, after=shown.split(" <", maxsplit=1)[0]):
            response = await self._session.dialogue.ask(command, shown=shown)
        if response.result != "OK":
            last = bytes(response.lines[-1]) if response.lines else b""
            said = visible(self._session.dialogue.masked(last), 200)
            text = f"{shown.split(' BODY', maxsplit=1)[0]} refused: {response.result} {said}"
            raise Refused(Judged(State.CRITICAL, "roundtrip.mailbox.refused", text))
        return list(response.lines[:-1])


def _response(line: bytes) -> imap.Response:
    try:
        return imap.parse_response(line)
    except imap.NotAResponse as error:
        raise Broken(How.MALFORMED, str(error)) from error


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _judge_login(answer: imap.Response) -> Judged:
    said = f"{answer.word} {answer.text[:200]}"
    if _TEMPORARY.match(answer.text):
        text = f"can't check passwords now: {said}"
        return Judged(State.CRITICAL, "roundtrip.login.temporary", text)
    return Judged(State.CRITICAL, "roundtrip.login.failed", f"refuses the login: {said}")
