// The plugin's presence without a user interface of its own: clients that have Calls built in (the mobile apps) look for the plugin,
// and the System Console shows its settings. The web app needs the official release: calls pack --release.
window.registerPlugin('com.mattermost.calls', new (class {
    initialize() {}
    uninitialize() {}
})());
