using Calls.Domain;

namespace Calls.Server.Persistence;

/// <summary>What a write transaction has for itself, among all processes on the database.</summary>
/// <param name="Space">Keeps kinds apart. Any number will do, as long as every version takes the same.</param>
internal readonly record struct LockKey(int Space, string Name)
{
    private const int Channels = 0x43414C4C;
    private const int Services = 0x53455256;

    /// <summary>The call of a channel.</summary>
    public static LockKey Of(ChannelId channel) => new(Channels, channel.Value);

    /// <summary>The credentials for a service.</summary>
    public static LockKey OfService(string service) => new(Services, service);
}
