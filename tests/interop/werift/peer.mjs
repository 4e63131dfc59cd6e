// werift as a peer of the media server; ../README.md says what it is told and what it says. It has no codecs: sound and pictures
// are packets of the right form, and a picture counts as decoded when its last packet has come.

import {createInterface} from 'node:readline';
import {MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, RtpHeader, RtpPacket, MediaStream} from 'werift';
import {channelType, unpack} from '../calls-channel.mjs';

const messageType = {ice: 1, sdp: 2, unmute: 4, videoOn: 9};

const say = (what, more = {}) => process.stdout.write(`${JSON.stringify({say: what, ...more})}\n`);
const send = (type, data) => say('message', {type, data});

const peer = {pongs: 0, tracks: [], mediaMap: {}, audio: {sent: 0, received: 0}, video: {sent: 0, received: 0, decoded: 0}};

function start() {
  const pc = new RTCPeerConnection({
    codecs: {
      audio: [new RTCRtpCodecParameters({mimeType: 'audio/opus', clockRate: 48000, channels: 2, payloadType: 111})],
      video: [new RTCRtpCodecParameters({mimeType: 'video/VP8', clockRate: 90000, payloadType: 96, rtcpFeedback: [{type: 'nack', parameter: 'pli'}]})],
    },
  });
  const channel = pc.createDataChannel('calls-dc');
  Object.assign(peer, {pc, channel});
  channel.stateChanged.subscribe((state) => {
    if (state !== 'open' || peer.pinging) return;
    say('open');
    peer.pinging = setInterval(() => channel.send(Buffer.from([channelType.ping])), 200);
  });
  channel.onMessage.subscribe((data) => {
    const [type, payload] = unpack(data);
    if (type === channelType.pong) peer.pongs++;
    else if (type === channelType.lock) peer.onLockReply(payload);
    else if (type === channelType.mediaMap) peer.mediaMap = payload;
  });
  pc.onIceCandidate.subscribe((candidate) => candidate && send(messageType.ice, candidate.toJSON()));
  pc.onRemoteTransceiverAdded.subscribe((transceiver) => listen(transceiver));
  return offer();
}

function listen(transceiver) {
  transceiver.onTrack.subscribe((track) => {
    peer.tracks.push({mid: transceiver.mid, kind: track.kind, type: peer.mediaMap[transceiver.mid]?.type ?? ''});
    track.onReceiveRtp.subscribe((packet) => {
      peer[track.kind].received++;
      if (track.kind === 'video' && packet.header.marker) peer.video.decoded++;
    });
  });
}

async function offer() {
  await peer.pc.setLocalDescription(await peer.pc.createOffer());
  const answered = new Promise((resolve) => { peer.onAnswer = resolve; });
  send(messageType.sdp, {type: 'offer', sdp: peer.pc.localDescription.sdp});
  await peer.pc.setRemoteDescription(await answered);
}

async function publish(kinds) {
  for (let granted = false; !granted;) {
    const reply = new Promise((resolve) => { peer.onLockReply = resolve; });
    peer.channel.send(Buffer.from([channelType.lock]));
    granted = await reply;
    if (!granted) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const kind of kinds) {
    const track = new MediaStreamTrack({kind});
    const stream = new MediaStream({id: `${kind}-stream`, tracks: [track]});
    const transceiver = peer.pc.addTransceiver(track, {direction: 'sendrecv', streams: [stream]});
    listen(transceiver);
    if (kind === 'audio') {
      send(messageType.unmute);
      repeat(track, kind, 111, 20, 960, Buffer.from([0xf8, 0xff, 0xfe]));
    } else {
      send(messageType.videoOn, {videoStreamID: transceiver.sender.streamId ?? stream.id});
      repeat(track, kind, 96, 66, 5940, Buffer.concat([Buffer.from([0x10, 0x00, 0x9d, 0x01, 0x2a]), Buffer.alloc(200)]));
    }
  }
  await offer();
  peer.channel.send(Buffer.from([channelType.unlock]));
  say('published');
}

/** Sends the same payload again and again: Opus silence, or a VP8 key frame (RFC 7741) of one packet. */
function repeat(track, kind, payloadType, everyMs, ticks, payload) {
  let sequenceNumber = 1;
  let timestamp = 1;
  setInterval(() => {
    const header = new RtpHeader({payloadType, sequenceNumber: sequenceNumber++ & 0xffff, timestamp: timestamp = (timestamp + ticks) >>> 0, marker: kind === 'video', ssrc: 1});
    track.writeRtp(new RtpPacket(header, payload));
    peer[kind].sent++;
  }, everyMs);
}

async function signal(data) {
  if (data.type === 'candidate') {
    await peer.pc.addIceCandidate(data.candidate).catch(() => {});
  } else if (data.type === 'answer') {
    peer.onAnswer(data);
  } else {
    await peer.pc.setRemoteDescription(data);
    await peer.pc.setLocalDescription(await peer.pc.createAnswer());
    send(messageType.sdp, {type: 'answer', sdp: peer.pc.localDescription.sdp});
  }
}

async function close() {
  clearInterval(peer.pinging);
  await peer.pc.close();
  say('closed');
}

const fail = (error) => say('failed', {text: String(error?.stack ?? error)});
process.on('unhandledRejection', fail);
let order = Promise.resolve();

createInterface({input: process.stdin}).on('line', (text) => {
  const line = JSON.parse(text);
  switch (line.do) {
    case 'start': start().catch(fail); break;
    case 'signal': order = order.then(() => signal(line.data)).catch(fail); break;
    case 'publish': publish(line.kinds).catch(fail); break;
    case 'report': say('report', {report: {pongs: peer.pongs, tracks: peer.tracks, audio: peer.audio, video: peer.video, srtp: '', state: peer.pc.connectionState}}); break;
    case 'close': close().catch(fail); break;
  }
}).on('close', () => process.exit());
