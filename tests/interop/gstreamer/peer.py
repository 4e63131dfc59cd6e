"""GStreamer's webrtcbin as a peer of the media server; ../README.md says what it is told and what it says.

webrtcbin 1.22 cannot change the direction of a section, so a peer that publishes receives nothing in those sections, and the other
way round: one of a pair publishes, the other one listens.
"""

import json
import re
import sys
import threading
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC
import calls_channel

ICE, SDP, UNMUTE, VIDEO_ON = 1, 2, 4, 9

SOURCES = {
    "audio": "audiotestsrc is-live=true ! audioconvert ! audioresample ! opusenc ! rtpopuspay pt=111"
    " ! capsfilter caps=application/x-rtp,media=audio,encoding-name=OPUS,payload=111",
    "video": "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1 ! vp8enc deadline=1 keyframe-max-dist=30"
    " ! rtpvp8pay pt=96 ! capsfilter caps=application/x-rtp,media=video,encoding-name=VP8,payload=96",
}
SINKS = {"audio": "rtpopusdepay ! opusdec ! fakesink name=end", "video": "rtpvp8depay ! vp8dec ! fakesink name=end"}


def say(what, **more):
    print(json.dumps({"say": what, **more}), flush=True)


def send(kind, data=None):
    say("message", type=kind, data=data)


class Peer:
    """Everything happens on the main loop, which GStreamer's own threads hand their news to."""

    def __init__(self):
        self.pongs = 0
        self.tracks = []
        self.media_map = {}
        self.media = {"audio": {"sent": 0, "received": 0}, "video": {"sent": 0, "received": 0, "decoded": 0}}
        self.wanted = []
        self.pipeline = Gst.Pipeline.new("peer")
        self.webrtc = Gst.ElementFactory.make("webrtcbin", "webrtc")
        self.webrtc.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.pipeline.add(self.webrtc)
        self.webrtc.connect("on-ice-candidate", lambda _, line, candidate: send(ICE, {"candidate": candidate, "sdpMLineIndex": line}))
        self.webrtc.connect("pad-added", self.on_pad)

    def start(self):
        self.pipeline.set_state(Gst.State.READY)
        self.channel = self.webrtc.emit("create-data-channel", "calls-dc", None)
        self.channel.connect("on-open", lambda _: GLib.idle_add(self.on_open))
        self.channel.connect("on-message-data", lambda _, data: GLib.idle_add(self.on_message, data.get_data()))
        self.pipeline.set_state(Gst.State.PLAYING)
        self.offer()

    def on_open(self):
        say("open")
        GLib.timeout_add(200, self.ping)

    def ping(self):
        self.send_on_channel(calls_channel.PING)
        return self.channel is not None

    def send_on_channel(self, kind):
        if self.channel is not None:
            self.channel.emit("send-data", GLib.Bytes.new(bytes([kind])))

    def on_message(self, message):
        kind, *payload = calls_channel.unpack(message)
        if kind == calls_channel.PONG:
            self.pongs += 1
        elif kind == calls_channel.LOCK and payload[0]:
            self.add_sources()
        elif kind == calls_channel.LOCK:
            GLib.timeout_add(50, self.lock)
        elif kind == calls_channel.MEDIA_MAP:
            self.media_map = payload[0]

    def lock(self):
        self.send_on_channel(calls_channel.LOCK)
        return False

    def publish(self, kinds):
        self.wanted = kinds
        self.lock()

    def add_sources(self):
        for kind in self.wanted:
            source = Gst.parse_bin_from_description(SOURCES[kind], True)
            self.pipeline.add(source)
            pad = source.get_static_pad("src")
            pad.add_probe(Gst.PadProbeType.BUFFER, self.count, (kind, "sent"))
            pad.link(self.webrtc.request_pad_simple("sink_%u"))
            source.sync_state_with_parent()
        if "audio" in self.wanted:
            send(UNMUTE)
        GLib.timeout_add(20, self.offer_when_flowing)

    def offer_when_flowing(self):
        # Before its first packet a source has no SSRC, and nothing that could be offered.
        flowing = all(self.media[kind]["sent"] for kind in self.wanted)
        if flowing:
            self.offer()
        return not flowing

    def offer(self):
        self.describe("offer")

    def describe(self, kind):
        def created(promise, *_):
            reply = promise.get_reply()  # owns the description: has to outlive it
            if reply.has_field("error"):
                say("failed", text=reply.to_string())
                return
            description = reply.get_value(kind)
            self.webrtc.emit("set-local-description", description, Gst.Promise.new())
            sdp = description.sdp.as_text()
            video = re.search(r"m=video.*?a=(?:msid:|ssrc:\d+ msid:)(\S+)", sdp, re.S)
            if kind == "offer" and "video" in self.wanted and video:
                send(VIDEO_ON, {"videoStreamID": video[1]})
            send(SDP, {"type": kind, "sdp": sdp})

        self.webrtc.emit(f"create-{kind}", None, Gst.Promise.new_with_change_func(created))

    def signal(self, data):
        if data["type"] == "candidate":
            self.webrtc.emit("add-ice-candidate", data["candidate"]["sdpMLineIndex"], data["candidate"]["candidate"])
            return
        _, sdp = GstSdp.SDPMessage.new_from_text(data["sdp"])
        kind = GstWebRTC.WebRTCSDPType.ANSWER if data["type"] == "answer" else GstWebRTC.WebRTCSDPType.OFFER
        description = GstWebRTC.WebRTCSessionDescription.new(kind, sdp)
        promise = Gst.Promise.new_with_change_func(lambda *_: GLib.idle_add(self.on_remote, data["type"]))
        self.webrtc.emit("set-remote-description", description, promise)

    def on_remote(self, kind):
        if kind == "offer":
            self.describe("answer")
        elif self.wanted:
            self.wanted = []
            self.send_on_channel(calls_channel.UNLOCK)
            say("published")

    def on_pad(self, _, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        mid = pad.get_property("transceiver").get_property("mid")
        self.tracks.append({"mid": mid, "kind": kind, "type": self.media_map.get(mid, {}).get("type", "")})
        pad.add_probe(Gst.PadProbeType.BUFFER, self.count, (kind, "received"))
        sink = Gst.parse_bin_from_description(SINKS[kind], True)
        if kind == "video":
            sink.get_by_name("end").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, self.count, (kind, "decoded"))
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def count(self, _, __, what):
        kind, name = what
        self.media[kind][name] += 1
        return Gst.PadProbeReturn.OK

    def report(self):
        state = self.webrtc.get_property("connection-state").value_nick
        say("report", report={"pongs": self.pongs, "tracks": self.tracks, **self.media, "srtp": "", "state": state})

    def close(self):
        self.channel = None
        # webrtcbin itself goes without a word: the end of the stream makes its DTLS element say close_notify.
        self.webrtc.iterate_recurse().foreach(self.end_dtls)
        GLib.timeout_add(200, self.end)  # until it has been sent

    def end(self):
        self.pipeline.set_state(Gst.State.NULL)
        say("closed")
        return False

    def end_dtls(self, element):
        if element.get_factory().get_name() == "dtlsenc":
            for pad in element.sinkpads:
                pad.send_event(Gst.Event.new_eos())

    def tell(self, line):
        try:
            match line["do"]:
                case "start": self.start()
                case "signal": self.signal(line["data"])
                case "publish": self.publish(line["kinds"])
                case "report": self.report()
                case "close": self.close()
        except Exception:
            say("failed", text=traceback.format_exc())
        return False


def listen(peer, loop):
    for line in sys.stdin:
        GLib.idle_add(peer.tell, json.loads(line))
    GLib.idle_add(loop.quit)


Gst.init(None)
main_loop = GLib.MainLoop()
threading.Thread(target=listen, args=(Peer(), main_loop), daemon=True).start()
main_loop.run()
