namespace Calls.Rtc.DataChannels;

/// <summary>A decoded message of <c>calls-dc</c>. Only what belongs to its type is set.</summary>
public sealed record CallsChannelMessage(CallsChannelMessageType Type)
{
    /// <summary>Loss rate (0 to 1), round-trip time or jitter (seconds): as the client says, but finite.</summary>
    public double Number { get; init; }

    /// <summary>JSON <c>{"type":...,"sdp":...}</c> of an <see cref="CallsChannelMessageType.Sdp"/>, inflated.</summary>
    public ReadOnlyMemory<byte> SdpJson { get; init; }

    /// <summary>The answer to a lock request; <c>null</c> in a request.</summary>
    public bool? IsGranted { get; init; }

    /// <summary>Sections by mid, of a <see cref="CallsChannelMessageType.MediaMap"/>.</summary>
    public IReadOnlyDictionary<string, MediaMapEntry>? MediaMap { get; init; }
}
