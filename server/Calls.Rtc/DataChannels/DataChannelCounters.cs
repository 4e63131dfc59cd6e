namespace Calls.Rtc.DataChannels;

/// <summary>What an endpoint dropped. Written by its owner only; may be read from anywhere.</summary>
public sealed class DataChannelCounters
{
    /// <summary>Messages that could not be decoded (media.md 5.2).</summary>
    public long Undecodable { get; internal set; }

    /// <summary>Messages beyond the rate allowed.</summary>
    public long RateLimited { get; internal set; }

    /// <summary>Channels not accepted because the client had enough of them.</summary>
    public long ChannelsRefused { get; internal set; }

    /// <summary>Messages on other channels than <c>calls-dc</c>, and DCEP messages that make no sense.</summary>
    public long Ignored { get; internal set; }
}
