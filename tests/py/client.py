"""A client of pycrdt and its Provider that takes one JSON command a line and answers each with one line."""

import asyncio
import json
import sys

import httpx
from httpx_ws import WebSocketDisconnect, aconnect_ws
from pycrdt import Doc, Map, Provider, UndoManager
from pycrdt.websocket.websocket import HttpxWebsocket

PERMISSION_DENIED = 2

doc = Doc()
points = doc.get("points", type=Map)
undo = None
told = []
closed = None
room = {}
running = None


class Channel(HttpxWebsocket):
    """The stock channel, of which what is no text can be read afterwards."""

    async def recv(self):
        global closed
        try:
            message = await super().recv()
        except WebSocketDisconnect as end:
            closed = {"code": end.code, "reason": end.reason}
            raise
        if message[0] == PERMISSION_DENIED:
            told.append(message[2:].decode(errors="replace").lstrip("\x00\x01\x02\x03"))
        return message


async def run(synced, leave):
    headers = {"Authorization": f"Bearer {room['token']}"}
    async with httpx.AsyncClient(headers=headers) as client:
        async with aconnect_ws(f"{room['url']}/{room['room']}", client, subprotocols=["plenary"]) as socket:
            provider = Provider(doc, Channel(socket, room["room"]))
            async with provider:
                await provider.synced.wait()
                synced.set()
                await leave.wait()


async def connect():
    global running
    synced, leave = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(run(synced, leave))
    ready = asyncio.create_task(synced.wait())
    await asyncio.wait([task, ready], timeout=20, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    assert synced.is_set(), "never synced"
    running = (task, leave)


async def disconnect():
    global running
    task, leave = running
    running = None
    leave.set()
    await task


def text(command):
    return points[command["point"]][command.get("key", "words")]


def at(field, command):
    """pycrdt counts bytes of UTF-8."""
    return command["byte"] if "byte" in command else len(str(field)[: command["at"]].encode())


async def answer(command):
    global undo
    match command["do"]:
        case "open":
            room.update(command)
            await connect()
        case "connect":
            await connect()
        case "disconnect":
            await disconnect()
        case "insert":
            text(command).insert(at(text(command), command), command["insert"])
        case "delete":
            start = at(text(command), command)
            del text(command)[start : start + command["bytes"]]
        case "track":
            undo = UndoManager(scopes=[text(command)], capture_timeout_millis=0)
        case "undo":
            return {"undone": undo.undo()}
        case "redo":
            return {"undone": undo.redo()}
        case "accident":
            points[command["point"]]["words"] += command["insert"]
        case "state":
            connected = running is not None and not running[0].done() and closed is None
            return {"points": points.to_py(), "told": told, "closed": closed, "connected": connected}
        case other:
            raise ValueError(other)
    return {}


async def main():
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        try:
            said = await answer(json.loads(line))
        except Exception as error:
            said = {"error": repr(error)}
        print(json.dumps(said), flush=True)


asyncio.run(main())
