using Calls.StandIn.Hub;
using Calls.StandIn.State;

namespace Calls.StandIn.Chat;

/// <summary>State, hub and everything that acts on them, joined.</summary>
internal sealed class MattermostCore : IDisposable
{
    public MattermostCore(ServerState state, WebSocketHub hub)
    {
        State = state;
        Hub = hub;
        Push = new PushSender(state);
        Accounts = new Accounts(state, hub);
        Memberships = new Memberships(state, hub);
        Channels = new ChannelLifecycle(state, hub, Memberships);
        Posting = new Posting(state, hub, Push);
        Administration = new Administration(state, hub);
        hub.Faults.Attach(hub, token => Accounts.Revoke(token));
    }

    public ServerState State { get; }

    public WebSocketHub Hub { get; }

    public PushSender Push { get; }

    public Accounts Accounts { get; }

    public Memberships Memberships { get; }

    public ChannelLifecycle Channels { get; }

    public Posting Posting { get; }

    public Administration Administration { get; }

    public void Dispose()
    {
        Hub.Dispose();
        Push.Dispose();
    }
}
