"""A content filter (Postfix' FILTER_README, "advanced"): takes mail on 10024, gives it to 10025.

A message that has the word EICAR in it is refused; everything else goes on with a header.
"""

from __future__ import annotations

import asyncio
import re
from asyncio import StreamReader, StreamWriter

LISTEN = ("127.0.0.1", 10024)
NEXT = ("127.0.0.1", 10025)


async def serve(client: StreamReader, client_out: StreamWriter) -> None:
    """One session, command by command; Postfix behind us judges them."""
    server, server_out = await asyncio.open_connection(*NEXT)
    try:
        await _reply(server, client_out)
        while line := await client.readline():
            if re.match(rb"DATA\r?\n", line, re.IGNORECASE):
                await _data(client, client_out, server, server_out)
                continue
            server_out.write(line)
            await _reply(server, client_out)
    finally:
        client_out.close()
        server_out.close()


async def _data(
    client: StreamReader, client_out: StreamWriter, server: StreamReader, server_out: StreamWriter
) -> None:
    client_out.write(b"354 go on\r\n")
    lines = []
    while (line := await client.readline()) not in (b".\r\n", b".\n", b""):
        lines.append(line)
    if any(b"EICAR" in line for line in lines):
        client_out.write(b"550 5.7.1 a virus\r\n")
        return
    server_out.write(b"DATA\r\n")
    await _reply(server, None)
    server_out.write(b"X-Filtered: yes\r\n" + b"".join(lines) + b".\r\n")
    await _reply(server, client_out)


async def _reply(server: StreamReader, client_out: StreamWriter | None) -> None:
    """Pass one reply on, with all its lines. A filter offers no pipelining: one at a time."""
    while line := await server.readline():
        if client_out is not None and not re.match(rb"\d+-(PIPELINING|CHUNKING|STARTTLS)", line):
            client_out.write(line)
        if line[3:4] != b"-":
            return


async def main() -> None:
    """Listen until we are ended."""
    async with await asyncio.start_server(serve, *LISTEN, limit=1 << 20) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
