// The part of Mattermost's and the Calls plugin's REST API that the page needs. The token stays in this tab, so that two
// tabs of one browser can be two users; cookies are never sent or kept.

const plugin = '/plugins/com.mattermost.calls';

/** @typedef {{id: string, username: string, first_name: string, last_name: string}} User */
/** @typedef {{id: string, name: string, display_name: string, type: string}} Channel */
/** @typedef {{session_id: string, user_id: string, unmuted: boolean, raised_hand: number, video: boolean}} SessionState */
/** @typedef {{id: string, start_at: number, sessions: SessionState[], thread_id: string, post_id: string, screen_sharing_session_id: string, owner_id: string, host_id: string}} CallState */
/** @typedef {{ICEServersConfigs: RTCIceServer[] | null, NeedsTURNCredentials: boolean, EnableDCSignaling: boolean, AllowScreenSharing: boolean, DefaultEnabled: boolean}} CallsConfig */

/** An answer other than 2xx, with the sentence the server gave. */
export class ApiError extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class ChatApi {
  /** @param {string} token @param {User} user */
  constructor(token, user) {
    this.token = token;
    this.user = user;
  }

  /** @param {string} loginId @param {string} password */
  static async logIn(loginId, password) {
    const response = await fetch('/api/v4/users/login', {
      method: 'POST',
      credentials: 'omit',
      headers: {'Content-Type': 'application/json'},
      body: JSON.stringify({login_id: loginId, password}),
    });
    const body = await response.json();
    if (!response.ok) {
      throw new ApiError(response.status, body.message ?? 'The log-in failed.');
    }
    return new ChatApi(response.headers.get('Token') ?? '', body);
  }

  /** @param {string} method @param {string} path @param {unknown} [body] @returns {Promise<any>} */
  async request(method, path, body) {
    const response = await fetch(path, {
      method,
      credentials: 'omit',
      headers: {
        'Authorization': `Bearer ${this.token}`,
        'X-Requested-With': 'XMLHttpRequest',
        ...(body === undefined ? {} : {'Content-Type': 'application/json'}),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    let parsed;
    try {
      parsed = text === '' ? null : JSON.parse(text);
    } catch {
      parsed = {message: text.trim()};
    }
    if (!response.ok) {
      throw new ApiError(response.status, parsed?.err || parsed?.message || `HTTP ${response.status}`);
    }
    return parsed;
  }

  /** @returns {Promise<Channel[]>} channels of all teams, direct messages last */
  async channels() {
    /** @type {{id: string}[]} */
    const teams = await this.request('GET', '/api/v4/users/me/teams');
    /** @type {Map<string, Channel>} */
    const channels = new Map();
    for (const team of teams) {
      for (const channel of await this.request('GET', `/api/v4/users/me/teams/${team.id}/channels`)) {
        channels.set(channel.id, channel);
      }
    }
    const order = 'OPDG';
    return [...channels.values()].sort((a, b) => order.indexOf(a.type) - order.indexOf(b.type) || a.display_name.localeCompare(b.display_name));
  }

  /** @param {string[]} ids @returns {Promise<User[]>} */
  users(ids) {
    return this.request('POST', '/api/v4/users/ids', ids);
  }

  /** @returns {Promise<{channel_id: string, call?: CallState}[]>} */
  calls() {
    return this.request('GET', `${plugin}/channels?mobilev2=true`);
  }

  /** @returns {Promise<CallsConfig>} */
  config() {
    return this.request('GET', `${plugin}/config`);
  }

  /** @returns {Promise<RTCIceServer[]>} */
  turnCredentials() {
    return this.request('GET', `${plugin}/turn-credentials`);
  }

  /** @param {string} channelId @param {string} operation @param {{[key: string]: string}} [body] */
  host(channelId, operation, body) {
    return this.request('POST', `${plugin}/calls/${channelId}/host/${operation}`, body ?? {});
  }
}
