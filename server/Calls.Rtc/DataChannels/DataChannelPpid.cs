namespace Calls.Rtc.DataChannels;

/// <summary>Payload protocol identifiers of WebRTC (RFC 8831, section 8).</summary>
internal static class DataChannelPpid
{
    /// <summary>Data channel establishment protocol.</summary>
    public const uint Dcep = 50;

    public const uint Text = 51;
    public const uint Binary = 53;

    /// <summary>One zero byte that stands for a text without any.</summary>
    public const uint EmptyText = 56;

    /// <summary>One zero byte that stands for a binary message without any.</summary>
    public const uint EmptyBinary = 57;
}
