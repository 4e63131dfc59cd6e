// Leads a standalone page's WebSocket to the gateway where only the plugin's path is routed to it.
(() => {
    const mattermost = '/api/v4/websocket';
    const gateway = '/plugins/com.mattermost.calls/api/v4/websocket';
    window.WebSocket = class extends window.WebSocket {
        constructor(url, protocols) {
            const address = String(url);
            super(address.includes(gateway) ? address : address.replace(mattermost, gateway), protocols);
        }
    };
})();
