using Calls.Domain;

namespace Calls.Server.Persistence;

/// <summary>A row of <c>calls_channels</c>.</summary>
internal sealed class ChannelRow
{
    public string ChannelId { get; init; } = "";

    public bool? Enabled { get; init; }

    public string Props { get; init; } = "null";

    public CallsChannel ToChannel() => new(new ChannelId(ChannelId), Enabled, Props);
}
