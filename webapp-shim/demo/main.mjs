// The page: log-in, channels, one call at a time.

import {CallClient} from './call-client.mjs';
import {CallsState} from './calls-state.mjs';
import {ChatApi} from './chat-api.mjs';
import {EventSocket} from './event-socket.mjs';

/** @typedef {import('./chat-api.mjs').Channel} Channel */
/** @typedef {import('./chat-api.mjs').User} User */
/** @typedef {import('./event-socket.mjs').ServerEvent} ServerEvent */

/** @template {HTMLElement} T @param {string} id @returns {T} */
function element(id) {
  return /** @type {T} */ (document.getElementById(id));
}

/** @type {ChatApi | null} */ let api = null;
/** @type {EventSocket | null} */ let socket = null;
/** @type {CallClient | null} */ let client = null;
/** @type {Channel[]} */ let channels = [];
/** @type {Map<string, User>} */ const users = new Map();
let channelId = '';
const state = new CallsState();

// For the browser tests and the curious.
Object.assign(window, {calls: {get client() { return client; }, get socket() { return socket; }, state}});

/** @param {unknown} error */
function report(error) {
  element('problem').textContent = error instanceof Error ? error.message : String(error);
}

/** @param {() => unknown | Promise<unknown>} action runs it and shows what went wrong */
const guarded = (action) => async () => {
  element('problem').textContent = '';
  try {
    await action();
  } catch (error) {
    report(error);
  }
  render();
};

/** @param {string} userId */
function nameOf(userId) {
  return users.get(userId)?.username ?? '…';
}

async function learnUsers() {
  const unknown = new Set([...state.calls.values()].flatMap((call) => [...call.participants.values()].map(({userId}) => userId)).filter((id) => !users.has(id)));
  if (unknown.size > 0 && api) {
    for (const user of await api.users([...unknown])) {
      users.set(user.id, user);
    }
    render();
  }
}

/** @param {ChatApi} newApi */
async function start(newApi) {
  api = newApi;
  sessionStorage.setItem('session', JSON.stringify({token: api.token, user: api.user}));
  users.set(api.user.id, api.user);
  channels = await api.channels();
  channelId = channels.find((channel) => channel.id === location.hash.slice(1))?.id ?? channels[0]?.id ?? '';
  socket = new EventSocket(api.token);
  socket.addEventListener('hello', () => void refresh());
  socket.addEventListener('open', render);
  socket.addEventListener('down', render);
  socket.addEventListener('event', (event) => onEvent(/** @type {CustomEvent<ServerEvent>} */ (event).detail));
  element('log-in').hidden = true;
  element('app').hidden = false;
  element('my-name').textContent = api.user.username;
  render();
}

/** Reads the state of all calls anew: events may have been missed. */
async function refresh() {
  if (api) {
    state.load(await api.calls());
  }
}

/** @param {ServerEvent} event */
function onEvent(event) {
  state.apply(event);
  const {name, data} = event;
  if (!client) {
    return;
  }
  const isMine = data?.session_id === client.sessionId;
  if (name === 'host_mute' && isMine) {
    void client.mute().then(render);
  } else if (name === 'host_screen_off' && isMine) {
    void client.stopSharing().then(render);
  } else if (name === 'host_lower_hand' && isMine) {
    client.raiseHand(false);
  } else if (name === 'host_removed' && isMine) {
    report('The host removed you from the call.');
    client.leave();
  } else if (name === 'call_end' && data.channelID === client.options.channelId) {
    report('The host ended the call.');
    client.leave();
  } else if (name === 'user_left' && isMine) {
    client.leave();
  }
}

async function join() {
  if (!api) {
    return;
  }
  const config = await api.config();
  const relays = config.NeedsTURNCredentials ? await api.turnCredentials() : [];
  const joining = new CallClient({
    token: api.token,
    channelId,
    iceServers: [...(config.ICEServersConfigs ?? []), ...relays],
    dcSignaling: config.EnableDCSignaling,
  });
  client = joining;
  joining.addEventListener('state', () => {
    if (joining.state === 'ended' && client === joining) {
      client = null;
      element('audio').replaceChildren();
      element('screen').replaceChildren();
      element('cameras').replaceChildren();
      element('quality').textContent = '';
    }
    render();
  });
  joining.addEventListener('failed', (event) => report(/** @type {CustomEvent} */ (event).detail));
  joining.addEventListener('track', (event) => play(/** @type {CustomEvent} */ (event).detail));
  joining.addEventListener('track-gone', (event) => document.querySelector(`[data-mid="${/** @type {CustomEvent} */ (event).detail.mid}"]`)?.remove());
  joining.addEventListener('quality', (event) => {
    const {rttMs, lossPercent} = /** @type {CustomEvent} */ (event).detail;
    element('quality').textContent = `${rttMs.toFixed(0)} ms, ${lossPercent.toFixed(1)} % lost`;
  });
}

/** @param {{mid: string, info: {type: string, sender_id: string}, stream: MediaStream, kind: string}} track */
function play({mid, info, stream, kind}) {
  document.querySelector(`[data-mid="${mid}"]`)?.remove();
  const player = document.createElement(kind === 'audio' ? 'audio' : 'video');
  player.autoplay = true;
  player.dataset.mid = mid;
  player.dataset.type = info.type;
  player.dataset.sender = info.sender_id;
  player.srcObject = stream;
  if (!(player instanceof HTMLVideoElement)) {
    element('audio').append(player);
    return;
  }
  player.muted = true;
  player.playsInline = true;
  if (info.type === 'video') {
    const caption = nameOf(state.calls.get(client?.options.channelId ?? '')?.participants.get(info.sender_id)?.userId ?? '');
    const figure = build('figure', {'data-mid': mid}, player, build('figcaption', {}, caption));
    delete player.dataset.mid;
    element('cameras').append(figure);
  } else {
    element('screen').append(player);
  }
}

// Drawing

function render() {
  renderChannels();
  renderCall();
  element('socket-state').textContent = socket && !socket.isOpen ? 'Reconnecting to the server …' : '';
}

/** @param {string} tag @param {{[key: string]: string}} attributes @param {(Node | string)[]} children */
function build(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

/** Replaces a list only if it would look different, so that focus stays where it is. @param {HTMLElement} list @param {HTMLElement[]} items */
function replaceItems(list, items) {
  const next = items.map((item) => item.outerHTML).join('');
  if (list.dataset.drawn !== next) {
    list.dataset.drawn = next;
    list.replaceChildren(...items);
  }
}

function renderChannels() {
  replaceItems(element('channels'), channels.map((channel) => {
    const call = state.calls.get(channel.id);
    const mark = call ? ` (call: ${call.participants.size})` : '';
    const button = build('button', {'type': 'button', 'data-channel': channel.id, 'aria-current': String(channel.id === channelId)}, `${channel.display_name || channel.name}${mark}`);
    return build('li', {}, button);
  }));
}

function renderCall() {
  const call = state.calls.get(channelId);
  const mine = client?.options.channelId === channelId ? client : null;
  const me = mine && call?.participants.get(mine.sessionId);
  const amHost = call !== undefined && call.hostId === api?.user.id && mine !== null;
  element('channel-name').textContent = channels.find(({id}) => id === channelId)?.display_name ?? '';
  element('call-facts').textContent = call ? `${call.participants.size} in the call${mine ? `, ${mine.state}` : ''}` : mine?.state ?? 'No call';
  replaceItems(element('participants'), call ? [...call.participants.values()].map((participant) => renderParticipant(participant, call, amHost)) : []);
  element('join').hidden = client !== null;
  element('join').textContent = call ? 'Join call' : 'Start call';
  element('controls').hidden = mine === null;
  element('host-controls').hidden = !amHost;
  const mute = element('mute');
  mute.textContent = mine?.isMuted === false ? 'Mute' : 'Unmute';
  mute.setAttribute('aria-pressed', String(mine?.isMuted ?? true));
  const connected = mine?.pc?.connectionState === 'connected';
  /** @type {HTMLButtonElement} */ (mute).disabled = !connected;
  const share = /** @type {HTMLButtonElement} */ (element('share'));
  share.disabled = !connected || (call !== undefined && call.sharer !== '' && call.sharer !== mine?.sessionId);
  share.textContent = mine?.screen ? 'Stop sharing' : 'Share screen';
  share.setAttribute('aria-pressed', String(Boolean(mine?.screen)));
  const camera = /** @type {HTMLButtonElement} */ (element('camera'));
  camera.disabled = !connected;
  camera.textContent = mine?.camera ? 'Stop camera' : 'Start camera';
  camera.setAttribute('aria-pressed', String(Boolean(mine?.camera)));
  const hand = element('hand');
  hand.textContent = me?.raisedHand ? 'Lower hand' : 'Raise hand';
  hand.setAttribute('aria-pressed', String(Boolean(me?.raisedHand)));
}

/** @param {import('./calls-state.mjs').Participant} participant @param {import('./calls-state.mjs').Call} call @param {boolean} amHost */
function renderParticipant(participant, call, amHost) {
  const name = nameOf(participant.userId);
  const marks = [
    participant.unmuted ? (participant.speaking ? 'speaking' : 'unmuted') : 'muted',
    participant.raisedHand ? 'hand raised' : '',
    call.sharer === participant.sessionId ? 'sharing' : '',
    call.hostId === participant.userId ? 'host' : '',
    participant.reaction,
  ].filter(Boolean).join(' · ');
  const item = build('li', {'data-session': participant.sessionId, 'data-user': name, 'data-unmuted': String(participant.unmuted), 'data-speaking': String(participant.speaking)},
    build('span', {'class': 'avatar', 'aria-hidden': 'true'}, name[0]?.toUpperCase() ?? '?'),
    build('div', {'class': 'name'}, name),
    build('div', {'class': 'marks'}, marks));
  item.className = participant.speaking ? 'speaking' : '';
  if (amHost && participant.sessionId !== client?.sessionId) {
    const act = (/** @type {string} */ operation, /** @type {string} */ label) =>
      build('button', {'type': 'button', 'data-host': operation, 'data-target': operation === 'make' ? participant.userId : participant.sessionId, 'aria-label': `${label} ${name}`}, label);
    item.append(build('div', {'class': 'host-actions'},
      ...(participant.unmuted ? [act('mute', 'Mute')] : []),
      ...(participant.raisedHand ? [act('lower-hand', 'Lower hand')] : []),
      ...(call.sharer === participant.sessionId ? [act('screen-off', 'Stop screen')] : []),
      act('make', 'Make host'),
      act('remove', 'Remove')));
  }
  return item;
}

// Wiring

element('log-in-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  element('log-in-error').textContent = '';
  try {
    await start(await ChatApi.logIn(/** @type {HTMLInputElement} */ (element('login-id')).value, /** @type {HTMLInputElement} */ (element('password')).value));
  } catch (error) {
    element('log-in-error').textContent = error instanceof Error ? error.message : String(error);
  }
});
document.querySelectorAll('.people button').forEach((button) => button.addEventListener('click', () => {
  /** @type {HTMLInputElement} */ (element('login-id')).value = /** @type {HTMLElement} */ (button).dataset.user ?? '';
  /** @type {HTMLFormElement} */ (element('log-in-form')).requestSubmit();
}));
element('log-out').addEventListener('click', () => {
  sessionStorage.removeItem('session');
  client?.leave();
  location.reload();
});
element('channels').addEventListener('click', ({target}) => {
  const chosen = target instanceof HTMLElement ? target.dataset.channel : undefined;
  if (chosen) {
    channelId = chosen;
    history.replaceState(null, '', `#${chosen}`);
    render();
  }
});
element('participants').addEventListener('click', ({target}) => {
  if (target instanceof HTMLElement && target.dataset.host && target.dataset.target) {
    const {host: operation, target: id} = target.dataset;
    void guarded(() => api?.host(channelId, operation, operation === 'make' ? {new_host_id: id} : {session_id: id}))();
  }
});
element('join').addEventListener('click', guarded(join));
element('leave').addEventListener('click', guarded(() => client?.leave()));
element('mute').addEventListener('click', guarded(() => (client?.isMuted ? client.unmute() : client?.mute())));
element('share').addEventListener('click', guarded(() => (client?.screen ? client.stopSharing() : client?.shareScreen())));
element('camera').addEventListener('click', guarded(() => (client?.camera ? client.stopCamera() : client?.startCamera())));
element('hand').addEventListener('click', guarded(() => {
  const me = state.calls.get(channelId)?.participants.get(client?.sessionId ?? '');
  client?.raiseHand(!me?.raisedHand);
}));
document.querySelectorAll('.react').forEach((button) => button.addEventListener('click', guarded(() => {
  const {name = '', unified = ''} = /** @type {HTMLElement} */ (button).dataset;
  client?.react({name, unified});
})));
element('mute-others').addEventListener('click', guarded(() => api?.host(channelId, 'mute-others')));
element('end-call').addEventListener('click', guarded(() => api?.host(channelId, 'end')));
state.addEventListener('change', () => {
  render();
  void learnUsers();
});
// A reload or a closed tab leaves at once instead of after the grace period.
addEventListener('pagehide', () => client?.leave());

const saved = sessionStorage.getItem('session');
if (saved) {
  const {token, user} = JSON.parse(saved);
  start(new ChatApi(token, user)).catch(() => {
    sessionStorage.removeItem('session');
    location.reload();
  });
} else {
  element('log-in').hidden = false;
}
