using Calls.Server.Mattermost.Identity;
using Calls.Server.Signaling;

namespace Calls.Server.Mattermost.Relay;

/// <summary>What every connection of the relay shares.</summary>
internal sealed record RelayContext(
    ConnectionRegistry Registry,
    IClientConnections Clients,
    ITokenIdentity Tokens,
    IEventObserver Observer,
    IChannelMembership Membership,
    GatewayCounters Counters,
    GatewayTimings Timings,
    TimeProvider Time,
    ILogger<RelayConnection> Log);
