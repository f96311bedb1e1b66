from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.protocol._dialogue import LINE_LIMIT, LINES_LIMIT, TOTAL_LIMIT, Broken, Dialogue, How
from tests.peers import HOST, Peer, serve, tcp


@asynccontextmanager
async def dialogue(peer: Peer) -> AsyncIterator[Dialogue]:
    async with serve(peer) as port:
        connection = socket.create_connection((HOST, port))
        connection.setblocking(False)
        line = Dialogue()
        await line.open(connection)
        try:
            yield line
        finally:
            line.close()


async def test_lines_come_one_by_one_and_are_counted() -> None:
    async with dialogue(tcp.says(b"one\r\ntwo\nthree")) as line:
        assert [await line.line(), await line.line()] == [b"one", b"two"]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(line.line(), 0.1)
        assert line.bytes_in == 14
        assert line.has_more


async def test_what_came_before_the_end_is_still_heard() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"one\r\ntwo\r\nhal")
        writer.close()

    async with dialogue(peer) as line:
        await asyncio.sleep(0.05)
        assert [await line.line(), await line.line()] == [b"one", b"two"]
        with pytest.raises(Broken) as broken:
            await line.line()
    assert broken.value.how is How.CLOSED
    assert line.transcript() == ("S: one", "S: two", "S: hal")


@pytest.mark.parametrize(
    ("size", "is_one"), [(LINE_LIMIT, True), (LINE_LIMIT + 1, False), (TOTAL_LIMIT * 2, False)]
)
async def test_a_line_has_a_longest_length(size: int, is_one: bool) -> None:
    async with dialogue(tcp.says(b"x" * size + b"\n")) as line:
        if is_one:
            assert len(await line.line()) == size
            return
        with pytest.raises(Broken) as broken:
            await line.line()
        assert broken.value.how is How.ENDLESS


async def test_a_line_that_is_already_too_long_is_not_waited_for() -> None:
    async with dialogue(tcp.says(b"x" * (LINE_LIMIT + 1))) as line:
        with pytest.raises(Broken) as broken:
            await asyncio.wait_for(line.line(), 2)
    assert broken.value.how is How.ENDLESS


async def test_a_dialogue_has_a_largest_number_of_lines() -> None:
    async with dialogue(tcp.endless_lines(b"x\r\n")) as line:
        for _ in range(LINES_LIMIT):
            await line.line()
        with pytest.raises(Broken) as broken:
            await line.line()
    assert broken.value.how is How.ENDLESS


async def test_nothing_is_kept_beyond_the_limit() -> None:
    async with dialogue(tcp.endless_line) as line:
        with pytest.raises(Broken):
            await line.line()
        await asyncio.sleep(0.1)
        assert len(line._buffer) <= TOTAL_LIMIT
        assert line.bytes_in < TOTAL_LIMIT + (1 << 20)


@pytest.mark.parametrize(
    ("peer", "how"),
    [
        (tcp.silent, How.TIMEOUT),
        (tcp.trickles, How.TRICKLE),
        (tcp.says(b"220-one\r\n"), How.UNFINISHED),
    ],
)
async def test_silence_trickle_and_half_an_answer_are_told_apart(peer: Peer, how: How) -> None:
    async with dialogue(peer) as line:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                while await line.line():
                    pass
        assert line.late().how is how


async def test_secrets_do_not_reach_the_transcript() -> None:
    async with dialogue(tcp.says(b"250 password=hunter2\r\n")) as line:
        await line.line()
        line.send("AUTH PLAIN AGFiYwBodW50ZXIy")
    assert line.transcript() == ("S: 250 password=********", "C: AUTH PLAIN ********")


async def test_the_transcript_is_short() -> None:
    async with dialogue(tcp.says(b"x\r\n" * 200)) as line:
        for _ in range(200):
            await line.line()
    assert len(line.transcript()) == 40


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_it_does_not_matter_how_the_bytes_are_cut(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    wanted = [line.removesuffix(b"\r") for line in whole.split(b"\n")[:-1]]
    wanted = wanted[:LINES_LIMIT]

    async def read() -> list[bytes]:
        line = Dialogue()
        found: list[bytes] = []
        for piece in pieces:
            line.data_received(piece)
            while b"\n" in line._buffer and len(found) < LINES_LIMIT:
                found.append(await line.line())
        return found

    assert asyncio.run(read()) == wanted
