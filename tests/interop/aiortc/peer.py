"""aiortc as a peer of the media server; ../README.md says what it is told and what it says."""

import asyncio
import json
import sys
import traceback
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from av import AudioFrame, VideoFrame
import calls_channel as channel_messages

ICE, SDP, UNMUTE, VIDEO_ON = 1, 2, 4, 9
SAMPLES = 960


def say(what, **more):
    print(json.dumps({"say": what, **more}), flush=True)


def send(kind, data=None):
    say("message", type=kind, data=data)


class Tone(MediaStreamTrack):
    kind = "audio"

    def __init__(self):
        super().__init__()
        self._packets = 0
        self._start = None

    async def recv(self):
        loop = asyncio.get_event_loop()
        self._start = self._start or loop.time()
        await asyncio.sleep(max(0, self._start + self._packets * 0.02 - loop.time()))
        frame = AudioFrame(format="s16", layout="stereo", samples=SAMPLES)
        # A square wave of 500 Hz.
        frame.planes[0].update(b"".join((8000 if i // 48 % 2 else -8000).to_bytes(2, "little", signed=True) * 2 for i in range(SAMPLES)))
        frame.sample_rate, frame.pts, frame.time_base = 48000, self._packets * SAMPLES, Fraction(1, 48000)
        self._packets += 1
        return frame


class Pictures(VideoStreamTrack):
    async def recv(self):
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame(width=320, height=240, format="yuv420p")
        for plane in frame.planes:
            plane.update(bytes([pts // 3000 * 7 % 256]) * plane.buffer_size)
        frame.pts, frame.time_base = pts, time_base
        return frame


class Peer:
    def __init__(self):
        self.pc = RTCPeerConnection()
        self.pc._sctpLegacySdp = False  # RFC 8841 as everybody writes it, instead of a draft of it
        self.channel = self.pc.createDataChannel("calls-dc")
        self.pongs = 0
        self.tracks = []
        self.media_map = {}
        self.decoded = {"audio": 0, "video": 0}
        self.lock_replies = asyncio.Queue()
        self.answers = asyncio.Queue()
        self.tasks = []
        self.channel.on("open", self.on_open)
        self.channel.on("message", self.on_message)
        self.pc.on("track", self.on_track)

    def on_open(self):
        say("open")
        self.tasks.append(asyncio.ensure_future(self.ping()))

    async def ping(self):
        while True:
            self.channel.send(bytes([channel_messages.PING]))
            await asyncio.sleep(0.2)

    def on_message(self, message):
        kind, *payload = channel_messages.unpack(message)
        if kind == channel_messages.PONG:
            self.pongs += 1
        elif kind == channel_messages.LOCK:
            self.lock_replies.put_nowait(payload[0])
        elif kind == channel_messages.MEDIA_MAP:
            self.media_map = payload[0]

    def on_track(self, track):
        mid = next(t.mid for t in self.pc.getTransceivers() if t.receiver.track is track)
        self.tracks.append({"mid": mid, "kind": track.kind, "type": self.media_map.get(mid, {}).get("type", "")})
        self.tasks.append(asyncio.ensure_future(self.play(track)))

    async def play(self, track):
        while True:
            await track.recv()
            self.decoded[track.kind] += 1

    async def offer(self):
        await self.pc.setLocalDescription(await self.pc.createOffer())
        self.send_description()
        await self.pc.setRemoteDescription(await self.answers.get())

    def send_description(self):
        local = self.pc.localDescription
        send(SDP, {"type": local.type, "sdp": local.sdp})

    async def signal(self, data):
        if data["type"] == "candidate":
            return  # the answer has them as well
        description = RTCSessionDescription(sdp=data["sdp"], type=data["type"])
        if description.type == "answer":
            self.answers.put_nowait(description)
            return
        await self.pc.setRemoteDescription(description)
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        self.send_description()

    async def publish(self, kinds):
        while True:
            self.channel.send(bytes([channel_messages.LOCK]))
            if await self.lock_replies.get():
                break
            await asyncio.sleep(0.05)
        if "audio" in kinds:
            send(UNMUTE)
            self.pc.addTransceiver(Tone(), direction="sendrecv")
        if "video" in kinds:
            self.pc.addTransceiver(Pictures(), direction="sendrecv")
            # aiortc names one stream for all its tracks.
            send(VIDEO_ON, {"videoStreamID": self.pc.getTransceivers()[-1].sender._stream_id})
        await self.offer()
        self.channel.send(bytes([channel_messages.UNLOCK]))
        say("published")

    async def report(self):
        media = {"audio": {"sent": 0, "received": 0}, "video": {"sent": 0, "received": 0, "decoded": self.decoded["video"]}}
        for entry in (await self.pc.getStats()).values():
            if entry.type == "outbound-rtp":
                media[entry.kind]["sent"] += entry.packetsSent
            elif entry.type == "inbound-rtp":
                media[entry.kind]["received"] += entry.packetsReceived
        say("report", report={"pongs": self.pongs, "tracks": self.tracks, **media, "srtp": "", "state": self.pc.connectionState})

    async def close(self):
        for task in self.tasks:
            task.cancel()
        await self.pc.close()
        say("closed")


async def main():
    peer = Peer()
    lines = asyncio.StreamReader()
    await asyncio.get_event_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)

    async def guarded(work):
        try:
            await work
        except Exception:
            say("failed", text=traceback.format_exc())

    while line := await lines.readline():
        told = json.loads(line)
        if told["do"] == "signal":
            await guarded(peer.signal(told["data"]))  # in order
            continue
        work = {"start": peer.offer, "report": peer.report, "close": peer.close}.get(told["do"])
        asyncio.ensure_future(guarded(work() if work else peer.publish(told["kinds"])))


asyncio.run(main())
