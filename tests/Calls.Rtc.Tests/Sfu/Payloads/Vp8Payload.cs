namespace Calls.Rtc.Tests.Sfu.Payloads;

/// <summary>Builds VP8 payloads: a descriptor with all fields (RFC 7741, section 4.2) and some picture behind it.</summary>
internal sealed record Vp8Payload
{
    public bool StartsFrame { get; init; } = true;

    public bool IsKeyFrame { get; init; }

    /// <summary><c>null</c> leaves the field out.</summary>
    public int? PictureId { get; init; } = 0;

    public bool HasLongPictureId { get; init; } = true;

    public int? Tl0PictureIndex { get; init; } = 0;

    public int? TemporalLayer { get; init; } = 0;

    public bool IsLayerSync { get; init; }

    public int? KeyIndex { get; init; }

    public int Length { get; init; } = 20;

    public byte[] Build()
    {
        var payload = new List<byte> { (byte)(StartsFrame ? 0x10 : 0) };
        int extensions = (PictureId is null ? 0 : 0x80) | (Tl0PictureIndex is null ? 0 : 0x40)
            | (TemporalLayer is null ? 0 : 0x20) | (KeyIndex is null ? 0 : 0x10);
        if (extensions != 0)
        {
            payload[0] |= 0x80;
            payload.Add((byte)extensions);
        }

        if (PictureId is { } pictureId)
        {
            payload.AddRange(HasLongPictureId ? [(byte)(0x80 | (pictureId >> 8)), (byte)pictureId] : [(byte)pictureId]);
        }

        if (Tl0PictureIndex is { } tl0)
        {
            payload.Add((byte)tl0);
        }

        if (TemporalLayer is not null || KeyIndex is not null)
        {
            payload.Add((byte)(((TemporalLayer ?? 0) << 6) | (IsLayerSync ? 0x20 : 0) | (KeyIndex ?? 0)));
        }

        payload.Add((byte)(IsKeyFrame ? 0 : 1));
        payload.AddRange(new byte[Math.Max(0, Length - payload.Count)]);
        return [.. payload];
    }
}
