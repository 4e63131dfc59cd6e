// A Mattermost WebSocket: authentication by challenge, application pings, sequence numbers, reconnecting.

const prefix = 'custom_com.mattermost.calls_';
const pingEveryMs = 5000;

/** @typedef {{name: string, data: any, broadcast: {channel_id: string, user_id: string}}} ServerEvent */

/**
 * Fires `hello` (detail: {id, isFirst}), `event` (detail: ServerEvent, Calls events without their prefix), `open` on every
 * opened socket, `down` when it breaks, `lost` when it was down for longer than it may be.
 */
export class EventSocket extends EventTarget {
  /** @param {string} token @param {number} [maxDownMs] gives up after so long without a socket; endless if absent */
  constructor(token, maxDownMs) {
    super();
    this.#token = token;
    this.#maxDownMs = maxDownMs ?? Infinity;
    this.connectionId = '';
    this.originalConnectionId = '';
    this.#connect();
  }

  /** @type {string} */ #token;
  /** @type {number} */ #maxDownMs;
  /** @type {WebSocket | null} */ #socket = null;
  #seq = 1;
  #nextServerSeq = 0;
  #closed = false;
  #downSince = 0;
  #retryDelayMs = 1000;
  #unansweredPing = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */ #pings;

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** @param {string} action without the Calls prefix @param {object} [data] */
  send(action, data) {
    this.#sendJson(prefix + action, data);
  }

  /** @param {(seq: number, prefix: string) => Uint8Array<ArrayBuffer>} build makes a binary frame */
  sendBinary(build) {
    if (this.isOpen) {
      this.#socket?.send(build(this.#seq++, prefix));
    }
  }

  close() {
    this.#closed = true;
    clearInterval(this.#pings);
    this.#socket?.close();
  }

  /** Breaks the connection as a network would, for the page's tests. */
  drop() {
    this.#socket?.close(4000, 'dropped');
  }

  /** @param {string} action @param {object} [data] */
  #sendJson(action, data) {
    if (this.isOpen) {
      this.#socket?.send(JSON.stringify({action, seq: this.#seq++, ...(data === undefined ? {} : {data})}));
    }
  }

  #connect() {
    const query = `connection_id=${this.connectionId}&sequence_number=${this.#nextServerSeq}`;
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v4/websocket?${query}`);
    this.#socket = socket;
    socket.onopen = () => {
      this.#seq = 1;
      this.#sendJson('authentication_challenge', {token: this.#token});
      this.#unansweredPing = 0;
      clearInterval(this.#pings);
      this.#pings = setInterval(() => this.#ping(), pingEveryMs);
      this.#downSince = 0;
      this.#retryDelayMs = 1000;
      this.dispatchEvent(new Event('open'));
    };
    socket.onmessage = ({data}) => this.#receive(JSON.parse(data));
    socket.onclose = () => this.#onClose();
  }

  #ping() {
    if (this.#unansweredPing !== 0) {
      this.#socket?.close(4000, 'no pong');
      return;
    }
    this.#unansweredPing = this.#seq;
    this.#sendJson('ping');
  }

  #onClose() {
    clearInterval(this.#pings);
    if (this.#closed) {
      return;
    }
    this.#downSince ||= Date.now();
    this.dispatchEvent(new Event('down'));
    if (Date.now() - this.#downSince >= this.#maxDownMs) {
      this.#closed = true;
      this.dispatchEvent(new Event('lost'));
      return;
    }
    setTimeout(() => this.#closed || this.#connect(), this.#retryDelayMs);
    this.#retryDelayMs += 500;
  }

  /** @param {any} message */
  #receive(message) {
    if (message.seq_reply !== undefined) {
      if (message.seq_reply === this.#unansweredPing) {
        this.#unansweredPing = 0;
      }
      return;
    }
    if (message.event === 'hello') {
      const isFirst = this.originalConnectionId === '';
      this.connectionId = message.data.connection_id;
      this.originalConnectionId ||= this.connectionId;
      this.#nextServerSeq = 1;
      this.dispatchEvent(new CustomEvent('hello', {detail: {id: this.connectionId, isFirst}}));
      return;
    }
    if (message.seq !== this.#nextServerSeq) {
      this.#socket?.close(4001, 'missed events');
      return;
    }
    this.#nextServerSeq++;
    const name = message.event.startsWith(prefix) ? message.event.slice(prefix.length) : message.event;
    this.dispatchEvent(new CustomEvent('event', {detail: {name, data: message.data, broadcast: message.broadcast}}));
  }
}
