using Calls.Domain.Ports;

namespace Calls.Domain.Sessions;

/// <summary>A client asks to start or join the call of a channel (signaling.md 3.3).</summary>
/// <param name="Title">Used only if this starts the call; may be empty.</param>
/// <param name="Thread">The root post to attach the call to.</param>
/// <param name="JobId">Required of the bot, empty for everybody else.</param>
public sealed record JoinRequest(
    ConnectionId Connection,
    UserId User,
    HostAuth Auth,
    ChannelId Channel,
    string Title,
    PostId? Thread,
    string JobId,
    bool Av1Support,
    bool DcSignaling);
