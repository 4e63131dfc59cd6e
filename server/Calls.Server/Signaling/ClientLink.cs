using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;

namespace Calls.Server.Signaling;

/// <summary>
/// Into the core: what happens on client connections (mattermost-integration.md 6.3). Implemented by signaling, called by
/// the front end, which awaits nothing: calls for one connection arrive in order and return at once.
/// </summary>
public interface IClientConnections
{
    /// <summary>An authenticated connection exists, Calls or not.</summary>
    void Connected(ConnectionId connection, UserId user);

    /// <summary>Its socket died. It may come back under the same id (resume), which is reported as <see cref="Connected"/>.</summary>
    void Disconnected(ConnectionId connection, UserId user);

    /// <summary>A Calls action arrived on a connection.</summary>
    void Message(ClientMessage message);

    /// <summary>A user left or was removed from a channel.</summary>
    void UserLeftChannel(UserId user, ChannelId channel);

    /// <summary>An auth became invalid: its sessions must leave their calls.</summary>
    void AuthEnded(ConnectionId connection, UserId user);
}

/// <summary>One Calls action of a client.</summary>
/// <param name="Action">Without the <c>custom_com.mattermost.calls_</c> prefix.</param>
/// <param name="Data">The decoded <c>data</c> map: JSON values, or MessagePack values with <c>bin</c> as byte[].</param>
public sealed record ClientMessage(
    ConnectionId Connection,
    UserId User,
    HostAuth Auth,
    string Action,
    ClientData Data,
    string RemoteAddress,
    string ForwardedFor);

/// <summary>
/// The <c>data</c> object of an action, the same for JSON and MessagePack frames. Values: <c>null</c>, <see cref="bool"/>,
/// <see cref="long"/>, <see cref="double"/>, <see cref="string"/>, <c>byte[]</c> (MessagePack bin only),
/// <c>IReadOnlyDictionary&lt;string, object?&gt;</c>, <c>IReadOnlyList&lt;object?&gt;</c>.
/// </summary>
public sealed class ClientData(IReadOnlyDictionary<string, object?> values)
{
    public static ClientData Empty { get; } = new(new Dictionary<string, object?>());

    public string? String(string key) => values.GetValueOrDefault(key) as string;

    public byte[]? Bytes(string key) => values.GetValueOrDefault(key) as byte[];

    public bool Bool(string key) => values.GetValueOrDefault(key) is true;

    public double? Number(string key) => values.GetValueOrDefault(key) switch
    {
        long integer => integer,
        double real => real,
        _ => null,
    };
}

/// <summary>Out of the core: delivery of events to client sockets. Implemented by the front end.</summary>
public interface IEventDelivery
{
    /// <summary>
    /// Queues an event. Events published in one order reach each socket in that order (signaling.md 1.14). Never blocks.
    /// </summary>
    void Publish(WireEvent wireEvent);
}

/// <summary>An event on its way to client sockets.</summary>
/// <param name="Name">Without the <c>custom_com.mattermost.calls_</c> prefix.</param>
/// <param name="Data">The <c>data</c> object.</param>
/// <param name="IsDroppable">Voice activity and reactions: dropped first on a slow socket (mattermost-integration.md 3.10).</param>
public sealed record WireEvent(string Name, JsonElement Data, EventTarget Target, bool IsDroppable = false);

/// <summary>
/// The <c>broadcast</c> object of an event and, with it, who gets it: first match of connection, omitted connection, user,
/// omitted users, channel members (mattermost-integration.md 3.12). Never everybody.
/// </summary>
public sealed record EventTarget
{
    public ConnectionId? Connection { get; init; }

    public ConnectionId? OmitConnection { get; init; }

    public UserId? User { get; init; }

    public IReadOnlyList<UserId> OmitUsers { get; init; } = [];

    public ChannelId? Channel { get; init; }
}
