namespace Calls.Rtc.Sctp;

/// <summary>A chunk of a received packet.</summary>
internal readonly ref struct SctpChunkView(ReadOnlySpan<byte> chunk)
{
    public const int HeaderLength = 4;

    /// <summary>Header and value without padding.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = chunk;

    public SctpChunkType Type => (SctpChunkType)Bytes[0];

    public byte Flags => Bytes[1];

    public ReadOnlySpan<byte> Value => Bytes[HeaderLength..];

    /// <summary>What to do with an unknown type: go on with the next chunk (RFC 9260, section 3.2).</summary>
    public bool IsSkippable => (Bytes[0] & 0x80) != 0;

    /// <summary>What to do with an unknown type: tell the sender.</summary>
    public bool IsToBeReported => (Bytes[0] & 0x40) != 0;
}
