// One participation in a call: the Calls protocol over its own socket, one peer connection, one data channel.

import {Decoder, encode} from './message-pack.mjs';
import {EventSocket} from './event-socket.mjs';
import {deflate, inflate} from './zlib.mjs';

/** @typedef {import('./event-socket.mjs').ServerEvent} ServerEvent */
/** @typedef {{type: string, sender_id: string}} TrackInfo */

const message = {ping: 1, pong: 2, sdp: 3, lossRate: 4, roundTripTime: 5, jitter: 6, lock: 7, unlock: 8, mediaMap: 9};

const socketMaxDownMs = 30_000;
const answerTimeoutMs = 10_000;
const lockTimeoutMs = 5_000;
const lockRetryMs = 50;
const connectTimeoutMs = 15_000;
const qualityEveryMs = 2_000;

/** @param {number} ms */
const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Fires `state` (detail: 'connecting' | 'connected' | 'reconnecting' | 'ended'), `track` (detail: {mid, info, stream, kind}),
 * `track-gone` (detail: {mid}), `quality` (detail: {rttMs, lossPercent}), `failed` (detail: a sentence).
 */
export class CallClient extends EventTarget {
  /**
   * @param {{token: string, channelId: string, iceServers: RTCIceServer[], dcSignaling: boolean}} options
   */
  constructor(options) {
    super();
    this.options = options;
    this.sessionId = '';
    this.isMuted = true;
    this.state = 'connecting';
    this.socket = new EventSocket(options.token, socketMaxDownMs);
    this.socket.addEventListener('hello', (event) => this.#onHello(/** @type {CustomEvent} */ (event).detail));
    this.socket.addEventListener('event', (event) => this.#onEvent(/** @type {CustomEvent<ServerEvent>} */ (event).detail));
    this.socket.addEventListener('open', () => this.#onSocketOpen());
    this.socket.addEventListener('down', () => this.#setState('reconnecting'));
    this.socket.addEventListener('lost', () => this.#fail('The connection to the server was lost.'));
    this.#connectTimer = setTimeout(() => this.#fail('The media connection could not be made.'), connectTimeoutMs);
  }

  /** @type {RTCPeerConnection | null} */ pc = null;
  /** @type {RTCDataChannel | null} */ #channel = null;
  /** @type {{[mid: string]: TrackInfo}} */ mediaMap = {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #connectTimer;
  /** @type {ReturnType<typeof setInterval>[]} */ #intervals = [];
  /** @type {RTCIceCandidateInit[]} */ #earlyCandidates = [];
  /** @type {((granted: boolean) => void) | null} */ #onLockReply = null;
  /** @type {((answer: RTCSessionDescriptionInit) => void) | null} */ #onAnswer = null;
  /** @type {Promise<unknown>} */ #descriptions = Promise.resolve();
  /** @type {RTCRtpSender | null} */ #voice = null;
  /** @type {MediaStreamTrack | null} */ #microphone = null;
  /** @type {MediaStream | null} */ screen = null;
  /** @type {RTCRtpTransceiver[]} */ #screenTransceivers = [];
  /** @type {MediaStream | null} */ camera = null;
  /** @type {RTCRtpTransceiver | null} */ #cameraTransceiver = null;
  #connectionIdBeforeBreak = '';

  /** @param {string} state */
  #setState(state) {
    if (this.state !== 'ended' && this.state !== state) {
      this.state = state;
      this.dispatchEvent(new CustomEvent('state', {detail: state}));
    }
  }

  /** @param {string} sentence */
  #fail(sentence) {
    this.dispatchEvent(new CustomEvent('failed', {detail: sentence}));
    this.leave();
  }

  // Socket

  /** @param {{id: string, isFirst: boolean}} hello */
  #onHello({id, isFirst}) {
    this.#connectionIdBeforeBreak = id;
    if (!isFirst) {
      return;
    }
    this.sessionId = id;
    this.socket.send('join', {channelID: this.options.channelId, title: '', threadID: '', av1Support: false, dcSignaling: this.options.dcSignaling});
  }

  #onSocketOpen() {
    if (this.sessionId === '') {
      return;
    }
    this.socket.send('reconnect', {
      channelID: this.options.channelId,
      originalConnID: this.sessionId,
      prevConnID: this.#connectionIdBeforeBreak,
    });
    this.#setState(this.pc?.connectionState === 'connected' ? 'connected' : 'connecting');
  }

  /** @param {ServerEvent} event */
  #onEvent({name, data}) {
    if (data?.connID !== undefined && data.connID !== this.sessionId && data.connID !== this.socket.connectionId) {
      return;
    }
    if (name === 'join') {
      void this.#connect();
    } else if (name === 'error') {
      this.#fail(`The server refused: ${data.data}`);
    } else if (name === 'signal') {
      this.#onSignal(JSON.parse(data.data), false);
    }
  }

  // Peer connection

  async #connect() {
    const pc = new RTCPeerConnection({iceServers: this.options.iceServers});
    this.pc = pc;
    pc.onicecandidate = ({candidate}) => {
      if (candidate) {
        this.socket.send('ice', {data: JSON.stringify(candidate)});
      }
    };
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === 'connected') {
        clearTimeout(this.#connectTimer);
        this.#setState('connected');
      } else if (pc.connectionState === 'failed' || pc.connectionState === 'closed') {
        this.#fail('The media connection ended.');
      }
    };
    pc.ontrack = ({transceiver, track, streams}) => this.#onTrack(transceiver, track, streams[0]);
    const channel = pc.createDataChannel('calls-dc');
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({data}) => this.#onChannelMessage(data);
    this.#channel = channel;
    this.#intervals.push(setInterval(() => this.#sendOnChannel(message.ping), 1000));
    this.#intervals.push(setInterval(() => void this.#measureQuality(), qualityEveryMs));
    await this.#offer();
  }

  /** Offers what changed and waits until the answer is applied. */
  async #offer() {
    const pc = /** @type {RTCPeerConnection} */ (this.pc);
    await pc.setLocalDescription(await pc.createOffer());
    /** @type {RTCSessionDescriptionInit} */
    const answer = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('The server did not answer.')), answerTimeoutMs);
      this.#onAnswer = (description) => {
        clearTimeout(timer);
        resolve(description);
      };
      void this.#sendDescription();
    });
    await pc.setRemoteDescription(answer);
    await this.#addEarlyCandidates();
  }

  async #sendDescription() {
    const text = JSON.stringify(this.pc?.localDescription);
    const zlib = await deflate(text);
    if (this.options.dcSignaling && this.#channel?.readyState === 'open') {
      this.#sendOnChannel(message.sdp, zlib);
    } else {
      this.socket.sendBinary((seq, prefix) => encode({action: `${prefix}sdp`, seq, data: {data: zlib}}));
    }
  }

  /** @param {any} signal */
  #onSignal(signal, viaChannel = false) {
    if (signal.type === 'candidate') {
      this.#earlyCandidates.push(signal.candidate);
      if (this.pc?.remoteDescription) {
        void this.#addEarlyCandidates();
      }
    } else if (signal.type === 'answer') {
      this.#onAnswer?.(signal);
      this.#onAnswer = null;
    } else if (signal.type === 'offer') {
      this.#descriptions = this.#descriptions.then(() => this.#acceptOffer(signal)).catch((error) => console.error('offer', viaChannel, error));
    }
  }

  /** @param {RTCSessionDescriptionInit} offer */
  async #acceptOffer(offer) {
    const pc = /** @type {RTCPeerConnection} */ (this.pc);
    await pc.setRemoteDescription(offer); // rolls back an offer of ours if one is out: we are the polite side
    await pc.setLocalDescription(await pc.createAnswer());
    await this.#sendDescription();
    for (const transceiver of pc.getTransceivers()) {
      const mid = transceiver.mid ?? '';
      if (transceiver.currentDirection === 'inactive' || transceiver.currentDirection === 'sendonly') {
        this.dispatchEvent(new CustomEvent('track-gone', {detail: {mid}}));
      }
    }
  }

  async #addEarlyCandidates() {
    for (const candidate of this.#earlyCandidates.splice(0)) {
      await this.pc?.addIceCandidate(candidate);
    }
  }

  /** @param {RTCRtpTransceiver} transceiver @param {MediaStreamTrack} track @param {MediaStream | undefined} stream */
  #onTrack(transceiver, track, stream) {
    const mid = transceiver.mid ?? '';
    const info = this.mediaMap[mid] ?? {type: track.kind === 'audio' ? 'voice' : 'screen', sender_id: ''};
    this.dispatchEvent(new CustomEvent('track', {detail: {mid, info, stream: stream ?? new MediaStream([track]), kind: track.kind}}));
  }

  // Data channel

  /** @param {number} type @param {import('./message-pack.mjs').PackValue} [payload] */
  #sendOnChannel(type, payload) {
    if (this.#channel?.readyState !== 'open') {
      return;
    }
    const head = encode(type);
    const body = payload === undefined ? new Uint8Array() : encode(payload);
    const bytes = new Uint8Array(head.length + body.length);
    bytes.set(head);
    bytes.set(body, head.length);
    this.#channel.send(bytes);
  }

  /** @param {ArrayBuffer} data */
  #onChannelMessage(data) {
    const decoder = new Decoder(new Uint8Array(data));
    const type = decoder.read();
    const payload = decoder.isAtEnd ? null : decoder.read();
    if (type === message.mediaMap) {
      this.mediaMap = /** @type {{[mid: string]: TrackInfo}} */ (/** @type {unknown} */ (payload));
    } else if (type === message.lock) {
      this.#onLockReply?.(payload === true);
    } else if (type === message.sdp) {
      const zlib = /** @type {Uint8Array<ArrayBuffer>} */ (payload);
      void inflate(zlib).then((text) => this.#onSignal(JSON.parse(text), true));
    }
  }

  /** Changes what is sent, under the lock that keeps both sides from offering at once. @param {() => void} change */
  async #renegotiate(change) {
    await this.#lock();
    try {
      change();
      await this.#offer();
    } finally {
      this.#sendOnChannel(message.unlock);
    }
  }

  async #lock() {
    const until = Date.now() + lockTimeoutMs;
    while (Date.now() < until) {
      /** @type {boolean} */
      const granted = await new Promise((resolve) => {
        this.#onLockReply = resolve;
        this.#sendOnChannel(message.lock);
        setTimeout(() => resolve(false), Math.max(0, until - Date.now()));
      });
      if (granted) {
        return;
      }
      await delay(lockRetryMs);
    }
    throw new Error('The server is still negotiating; try again.');
  }

  // What a participant does

  async unmute() {
    if (!this.#microphone) {
      const stream = await navigator.mediaDevices.getUserMedia({audio: {echoCancellation: true, noiseSuppression: true, autoGainControl: true}});
      this.#microphone = stream.getAudioTracks()[0];
    }
    const track = this.#microphone;
    this.isMuted = false;
    if (this.#voice) {
      await this.#voice.replaceTrack(track);
      this.socket.send('unmute');
      return;
    }
    await this.#renegotiate(() => {
      const transceiver = this.pc?.addTransceiver(track, {direction: 'sendrecv', streams: [new MediaStream([track])]});
      this.#voice = transceiver?.sender ?? null;
      this.socket.send('unmute');
    });
  }

  async mute() {
    this.isMuted = true;
    await this.#voice?.replaceTrack(null);
    this.socket.send('mute');
  }

  async shareScreen() {
    const screen = await navigator.mediaDevices.getDisplayMedia({video: {frameRate: 10}, audio: true});
    this.screen = screen;
    screen.getVideoTracks()[0].onended = () => void this.stopSharing();
    this.socket.send('screen_on', {data: JSON.stringify({screenStreamID: screen.id})});
    await this.#renegotiate(() => {
      for (const track of screen.getTracks()) {
        const transceiver = this.pc?.addTransceiver(track, {direction: 'sendrecv', streams: [screen]});
        if (transceiver) {
          this.#screenTransceivers.push(transceiver);
        }
      }
    });
  }

  async stopSharing() {
    const screen = this.screen;
    if (!screen) {
      return;
    }
    this.screen = null;
    screen.getTracks().forEach((track) => track.stop());
    this.socket.send('screen_off');
    await this.#renegotiate(() => {
      for (const transceiver of this.#screenTransceivers.splice(0)) {
        this.pc?.removeTrack(transceiver.sender);
      }
    });
  }

  async startCamera() {
    const camera = await navigator.mediaDevices.getUserMedia({video: {width: 640, height: 360, frameRate: 30}});
    this.camera = camera;
    const track = camera.getVideoTracks()[0];
    track.onended = () => void this.stopCamera();
    await this.#renegotiate(() => {
      this.#cameraTransceiver = this.pc?.addTransceiver(track, {direction: 'sendrecv', streams: [camera], sendEncodings: [{maxBitrate: 1_000_000}]}) ?? null;
      // Before the offer: the server tells a camera from a screen by the id of its stream.
      this.socket.send('video_on', {data: JSON.stringify({videoStreamID: camera.id})});
    });
  }

  async stopCamera() {
    const camera = this.camera;
    const transceiver = this.#cameraTransceiver;
    if (!camera || !transceiver) {
      return;
    }
    this.camera = null;
    this.#cameraTransceiver = null;
    camera.getTracks().forEach((track) => track.stop());
    this.socket.send('video_off');
    await this.#renegotiate(() => this.pc?.removeTrack(transceiver.sender));
  }

  /** @param {boolean} raised */
  raiseHand(raised) {
    this.socket.send(raised ? 'raise_hand' : 'unraise_hand');
  }

  /** @param {{name: string, unified: string}} emoji */
  react(emoji) {
    this.socket.send('react', {data: JSON.stringify(emoji)});
  }

  leave() {
    if (this.state === 'ended') {
      return;
    }
    this.socket.send('leave');
    clearTimeout(this.#connectTimer);
    this.#intervals.forEach(clearInterval);
    this.#microphone?.stop();
    this.screen?.getTracks().forEach((track) => track.stop());
    this.camera?.getTracks().forEach((track) => track.stop());
    this.pc?.close();
    this.socket.close();
    this.#setState('ended');
  }

  async #measureQuality() {
    if (this.pc?.connectionState !== 'connected') {
      return;
    }
    let rttMs = 0;
    let lost = 0;
    let received = 0;
    (await this.pc.getStats()).forEach((report) => {
      if (report.type === 'candidate-pair' && report.nominated && report.currentRoundTripTime !== undefined) {
        rttMs = report.currentRoundTripTime * 1000;
      } else if (report.type === 'inbound-rtp' && report.kind === 'audio') {
        lost += report.packetsLost;
        received += report.packetsReceived;
      }
    });
    const lossPercent = received + lost > 0 ? (100 * lost) / (received + lost) : 0;
    this.#sendOnChannel(message.lossRate, lossPercent / 100);
    this.#sendOnChannel(message.roundTripTime, rttMs / 1000);
    this.dispatchEvent(new CustomEvent('quality', {detail: {rttMs, lossPercent}}));
  }
}
