"""A way to the server that takes time: what a client sends arrives `seconds` later, as over a network of that round trip.

Bandwidth is not limited. Runs as a process of its own: python bench/s3/delay_line.py HOST:PORT SECONDS prints its own
address, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import sys

PIECE = 1 << 18  # bytes


async def send_later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Every piece arrives so long after it came; the next ones are taken meanwhile."""
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue = asyncio.Queue(64)

    async def take() -> None:
        while piece := await reader.read(PIECE):
            await pieces.put((loop.time() + seconds, piece))
        await pieces.put((0, b""))

    taking = asyncio.create_task(take())
    while True:
        due, piece = await pieces.get()
        if not piece:
            break
        if (wait := due - loop.time()) > 0:
            await asyncio.sleep(wait)
        writer.write(piece)
        await writer.drain()
    await taking
    writer.close()


async def serve(host: str, seconds: float) -> None:
    name, port = host.split(":")

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(name, int(port))
            await asyncio.gather(send_later(reader, far_writer, seconds), send_later(far_reader, writer, 0))
        except OSError:
            writer.close()  # one side has gone away

    server = await asyncio.start_server(connect, "127.0.0.1", 0, limit=PIECE)
    print("127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], float(sys.argv[2])))
