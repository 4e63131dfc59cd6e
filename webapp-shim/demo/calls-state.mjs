// What the page knows of all calls, kept up to date from the events of the main socket.

/** @typedef {import('./chat-api.mjs').CallState} CallState */
/** @typedef {import('./event-socket.mjs').ServerEvent} ServerEvent */
/** @typedef {{sessionId: string, userId: string, unmuted: boolean, raisedHand: number, speaking: boolean, reaction: string}} Participant */
/** @typedef {{id: string, hostId: string, sharer: string, startAt: number, participants: Map<string, Participant>}} Call */

const reactionShownMs = 5000;

/** Fires `change` whenever something of any call changed. */
export class CallsState extends EventTarget {
  /** @type {Map<string, Call>} by channel id */
  calls = new Map();

  /** @param {{channel_id: string, call?: CallState}[]} channels */
  load(channels) {
    this.calls.clear();
    for (const {channel_id: channelId, call} of channels) {
      if (call) {
        this.#replace(channelId, call);
      }
    }
    this.#changed();
  }

  /** @param {ServerEvent} event */
  apply({name, data, broadcast}) {
    const channelId = data?.channelID || data?.channel_id || broadcast.channel_id;
    if (name === 'call_state') {
      this.#replace(data.channel_id, JSON.parse(data.call));
    } else if (name === 'call_start') {
      this.calls.set(channelId, {id: data.id, hostId: data.host_id, sharer: '', startAt: data.start_at, participants: new Map()});
    } else if (name === 'call_end') {
      this.calls.delete(channelId);
    } else if (name === 'user_joined') {
      this.#join(channelId, data.session_id, data.user_id);
    } else if (name === 'user_left') {
      this.#leave(channelId, data.session_id);
    } else if (name === 'call_host_changed') {
      this.#call(channelId, (call) => (call.hostId = data.hostID));
    } else if (name === 'user_screen_on') {
      this.#call(channelId, (call) => (call.sharer = data.session_id));
    } else if (name === 'user_screen_off') {
      this.#call(channelId, (call) => (call.sharer = ''));
    } else {
      this.#applyToParticipant(name, channelId, data);
    }
    this.#changed();
  }

  /** @param {string} name @param {string} channelId @param {any} data */
  #applyToParticipant(name, channelId, data) {
    const participant = this.calls.get(channelId)?.participants.get(data?.session_id);
    if (!participant) {
      return;
    }
    switch (name) {
      case 'user_muted': Object.assign(participant, {unmuted: false, speaking: false}); break;
      case 'user_unmuted': participant.unmuted = true; break;
      case 'user_voice_on': participant.speaking = true; break;
      case 'user_voice_off': participant.speaking = false; break;
      case 'user_raise_hand': case 'user_unraise_hand': participant.raisedHand = data.raised_hand; break;
      case 'user_reacted': this.#react(participant, data.emoji); break;
      default: break;
    }
  }

  /** @param {Participant} participant @param {{unified: string, name: string}} emoji */
  #react(participant, emoji) {
    const shown = emoji.unified ? String.fromCodePoint(...emoji.unified.split('-').map((part) => parseInt(part, 16))) : `:${emoji.name}:`;
    participant.reaction = shown;
    setTimeout(() => {
      if (participant.reaction === shown) {
        participant.reaction = '';
        this.#changed();
      }
    }, reactionShownMs);
  }

  /** @param {string} channelId @param {CallState} state */
  #replace(channelId, state) {
    const before = this.calls.get(channelId)?.participants;
    this.calls.set(channelId, {
      id: state.id,
      hostId: state.host_id,
      sharer: state.screen_sharing_session_id,
      startAt: state.start_at,
      participants: new Map(state.sessions.map((session) => [session.session_id, {
        sessionId: session.session_id,
        userId: session.user_id,
        unmuted: session.unmuted,
        raisedHand: session.raised_hand,
        speaking: before?.get(session.session_id)?.speaking ?? false,
        reaction: before?.get(session.session_id)?.reaction ?? '',
      }])),
    });
  }

  /** @param {string} channelId @param {string} sessionId @param {string} userId */
  #join(channelId, sessionId, userId) {
    this.#call(channelId, (call) => {
      if (!call.participants.has(sessionId)) {
        call.participants.set(sessionId, {sessionId, userId, unmuted: false, raisedHand: 0, speaking: false, reaction: ''});
      }
    });
  }

  /** @param {string} channelId @param {string} sessionId */
  #leave(channelId, sessionId) {
    this.#call(channelId, (call) => {
      call.participants.delete(sessionId);
      if (call.sharer === sessionId) {
        call.sharer = '';
      }
      if (call.participants.size === 0) {
        this.calls.delete(channelId); // a call ends with its last session; no event says so
      }
    });
  }

  /** @param {string} channelId @param {(call: Call) => void} change */
  #call(channelId, change) {
    const call = this.calls.get(channelId);
    if (call) {
      change(call);
    }
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
