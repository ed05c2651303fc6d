"""The way to Kamailio and back: TCP on loopback.

What Kamailio sends comes over connections that it makes, or over ours; all that
is sent goes over ours. An answer is known by its Via, not by its connection, so
neither side has to remember which of them it came by."""

import asyncio
import os
import socket

import sip
from log import say

RETRY_S = 0.2
QUEUE_MAX = 10000


def listening(address):
    """A socket there: that of systemd, which keeps it over restarts, so that calls
    wait meanwhile; or one of our own."""
    if os.environ.get("LISTEN_PID") == str(os.getpid()):
        return socket.socket(fileno=3)
    return socket.create_server(address)


class Link:
    """|listen| and |kamailio| are (host, port); |handle| is called with each
    message, and must not wait."""

    def __init__(self, listen, kamailio, handle):
        self.listen = listen
        self.kamailio = kamailio
        self.handle = handle
        self.waiting = asyncio.Queue(QUEUE_MAX)

    def send(self, message):
        try:
            self.waiting.put_nowait(message.to_bytes())
        except asyncio.QueueFull:
            say("link_full", kamailio=f"{self.kamailio[0]}:{self.kamailio[1]}")

    async def run(self):
        server = await asyncio.start_server(
            self._read, sock=listening(self.listen), limit=sip.HEAD_MAX
        )
        async with server:
            await self._write()

    async def _read(self, reader, writer):
        try:
            while True:
                try:
                    message = await sip.read(reader)
                except sip.Malformed as error:
                    say("sip_malformed", text=error)
                    continue
                if message is None:
                    return
                self.handle(message)
        except (sip.Unframed, asyncio.LimitOverrunError) as error:
            say("sip_unframed", text=error)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _write(self):
        reading = writer = None
        while True:
            data = await self.waiting.get()
            while True:
                if writer is None or reading.done():
                    reader, writer = await self._connect()
                    reading = asyncio.create_task(self._read(reader, writer))
                try:
                    writer.write(data)
                    await writer.drain()
                    break
                except OSError:
                    writer = None

    async def _connect(self):
        told = False
        while True:
            try:
                return await asyncio.open_connection(*self.kamailio, limit=sip.HEAD_MAX)
            except OSError as error:
                if not told:
                    say("kamailio_unreachable", text=error)
                told = True
                await asyncio.sleep(RETRY_S)
