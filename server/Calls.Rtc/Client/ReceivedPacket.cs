namespace Calls.Rtc.Client;

/// <summary>A decrypted RTP packet, valid during the call that hands it over.</summary>
public readonly ref struct ReceivedPacket(
    uint ssrc, byte payloadType, bool hasMarker, ushort sequenceNumber, uint timestamp, byte? audioLevel, ReadOnlySpan<byte> payload)
{
    public uint Ssrc { get; } = ssrc;

    public byte PayloadType { get; } = payloadType;

    public bool HasMarker { get; } = hasMarker;

    public ushort SequenceNumber { get; } = sequenceNumber;

    /// <summary>In ticks of the codec's clock.</summary>
    public uint Timestamp { get; } = timestamp;

    /// <summary>0 loudest to 127 silence (RFC 6464); <c>null</c> without the extension.</summary>
    public byte? AudioLevel { get; } = audioLevel;

    public ReadOnlySpan<byte> Payload { get; } = payload;
}
