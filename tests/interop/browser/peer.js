// The browser's RTCPeerConnection as a peer; ../README.md says what it is told and what it says.

const channelType = {ping: 1, pong: 2, lock: 7, unlock: 8, mediaMap: 9};
const messageType = {ice: 1, sdp: 2, unmute: 4, screenOn: 5, screenOff: 6, videoOn: 9};

// A property of the window: remote control sees no lexical names.
globalThis.peer = {
  outbox: [],
  pongs: 0,
  tracks: [],
  mediaMap: {},
  published: [],
  take() {
    return JSON.stringify(this.outbox.splice(0));
  },
};

const say = (what, more = {}) => peer.outbox.push({say: what, ...more});
const send = (type, data) => say('message', {type, data});

// Maps, strings, booleans and small numbers: what the server's messages are made of.
function unpack(bytes) {
  let at = 0;
  const text = (length) => new TextDecoder().decode(bytes.subarray(at, at += length));
  const map = (size) => Object.fromEntries(Array.from({length: size}, () => [read(), read()]));
  const read = () => {
    const byte = bytes[at++];
    if (byte < 0x80) return byte;
    if (byte < 0x90) return map(byte & 0x0f);
    if (byte < 0xc0) return text(byte & 0x1f);
    if (byte === 0xc2 || byte === 0xc3) return byte === 0xc3;
    if (byte === 0xcc) return bytes[at++];
    if (byte === 0xd9) return text(bytes[at++]);
    if (byte === 0xde) return map((bytes[at++] << 8) | bytes[at++]);
    throw new Error(`MessagePack ${byte}`);
  };
  const values = [];
  while (at < bytes.length) values.push(read());
  return values;
}

function start() {
  const pc = new RTCPeerConnection();
  const channel = pc.createDataChannel('calls-dc');
  Object.assign(peer, {pc, channel});
  channel.binaryType = 'arraybuffer';
  channel.onopen = () => {
    say('open');
    peer.pinging = setInterval(() => channel.send(Uint8Array.of(channelType.ping)), 200);
  };
  channel.onmessage = ({data}) => {
    const [type, payload] = unpack(new Uint8Array(data));
    if (type === channelType.pong) peer.pongs++;
    else if (type === channelType.lock) peer.onLockReply(payload);
    else if (type === channelType.mediaMap) peer.mediaMap = payload;
  };
  pc.onicecandidate = ({candidate}) => candidate && send(messageType.ice, candidate.toJSON());
  pc.ontrack = ({transceiver, track, streams}) => {
    peer.tracks.push({mid: transceiver.mid, kind: track.kind, type: peer.mediaMap[transceiver.mid]?.type ?? ''});
    // Only what is played is decoded.
    const player = document.createElement(track.kind);
    player.autoplay = true;
    player.muted = true;
    player.srcObject = streams[0] ?? new MediaStream([track]);
    document.body.append(player);
  };
  return offer();
}

async function offer() {
  await peer.pc.setLocalDescription();
  const answered = new Promise((resolve) => { peer.onAnswer = resolve; });
  send(messageType.sdp, peer.pc.localDescription.toJSON());
  await peer.pc.setRemoteDescription(await answered);
}

// Changes what is sent, under the lock that keeps both sides from offering at once.
async function renegotiate(change) {
  for (let granted = false; !granted;) {
    const reply = new Promise((resolve) => { peer.onLockReply = resolve; });
    peer.channel.send(Uint8Array.of(channelType.lock));
    granted = await reply;
    if (!granted) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  change();
  await offer();
  peer.channel.send(Uint8Array.of(channelType.unlock));
}

async function publish(kinds) {
  const stream = new MediaStream();
  if (kinds.includes('audio')) {
    const context = new AudioContext();
    const tone = context.createOscillator();
    const destination = context.createMediaStreamDestination();
    tone.connect(destination);
    tone.start();
    stream.addTrack(destination.stream.getAudioTracks()[0]);
    send(messageType.unmute);
  }
  if (kinds.includes('video')) {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, {width: 320, height: 240});
    document.body.append(canvas);
    const context = canvas.getContext('2d');
    let hue = 0;
    setInterval(() => {
      context.fillStyle = `hsl(${hue = (hue + 7) % 360} 80% 50%)`;
      context.fillRect(0, 0, canvas.width, canvas.height);
    }, 60);
    stream.addTrack(canvas.captureStream(15).getVideoTracks()[0]);
    send(messageType.videoOn, {videoStreamID: stream.id});
  }
  peer.published.push(stream);
  await renegotiate(() => stream.getTracks().forEach((track) => peer.pc.addTransceiver(track, {direction: 'sendrecv', streams: [stream]})));
  say('published');
}

async function report() {
  const result = {pongs: peer.pongs, tracks: peer.tracks, audio: {sent: 0, received: 0}, video: {sent: 0, received: 0, decoded: 0}, srtp: '', state: peer.pc.connectionState};
  (await peer.pc.getStats()).forEach((entry) => {
    if (entry.type === 'outbound-rtp') result[entry.kind].sent += entry.packetsSent;
    if (entry.type === 'inbound-rtp') {
      result[entry.kind].received += entry.packetsReceived;
      if (entry.kind === 'video') result.video.decoded += entry.framesDecoded ?? 0;
    }
    if (entry.type === 'transport') result.srtp = entry.srtpCipher ?? '';
  });
  say('report', {report: result});
}

async function signal(data) {
  if (data.type === 'candidate') {
    await peer.pc.addIceCandidate(data.candidate).catch(() => {});
  } else if (data.type === 'answer') {
    peer.onAnswer(data);
  } else {
    await peer.pc.setRemoteDescription(data);
    await peer.pc.setLocalDescription();
    send(messageType.sdp, peer.pc.localDescription.toJSON());
  }
}

let order = Promise.resolve();

/** Does what the test asks, one signal after the other. */
function tell(line) {
  const fail = (error) => say('failed', {text: String(error?.stack ?? error)});
  switch (line.do) {
    case 'start': start().catch(fail); break;
    case 'signal': order = order.then(() => signal(line.data)).catch(fail); break;
    case 'publish': publish(line.kinds).catch(fail); break;
    case 'report': report().catch(fail); break;
    case 'close': clearInterval(peer.pinging); peer.pc.close(); say('closed'); break;
  }
}
