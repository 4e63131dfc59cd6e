using System.Buffers.Binary;

namespace Calls.Rtc.Sfu.Payloads;

/// <summary>The octets in front of each VP8 payload (RFC 7741, section 4.2), with where they stand so that they can be rewritten.</summary>
internal readonly struct Vp8PayloadDescriptor
{
    private const byte ExtensionsPresent = 0x80;
    private const byte StartOfPartition = 0x10;
    private const byte PartitionIndexMask = 0x07;
    private const byte PictureIdPresent = 0x80;
    private const byte Tl0PictureIndexPresent = 0x40;
    private const byte TemporalLayerPresent = 0x20;
    private const byte KeyIndexPresent = 0x10;
    private const byte LongPictureId = 0x80;
    private const byte LayerSync = 0x20;
    private const byte KeyIndexMask = 0x1F;

    // 0 stands for an absent field: none of them can be the first octet.
    private readonly byte _pictureIdOffset;
    private readonly byte _tl0Offset;
    private readonly byte _layerOffset;
    private readonly bool _hasTemporalLayer;
    private readonly bool _hasKeyIndex;

    private Vp8PayloadDescriptor(ReadOnlySpan<byte> payload, byte extensions, byte pictureIdOffset, byte tl0Offset, byte layerOffset)
    {
        _pictureIdOffset = pictureIdOffset;
        _tl0Offset = tl0Offset;
        _layerOffset = layerOffset;
        _hasTemporalLayer = layerOffset != 0 && (extensions & TemporalLayerPresent) != 0;
        _hasKeyIndex = layerOffset != 0 && (extensions & KeyIndexPresent) != 0;
        StartsFrame = (payload[0] & (StartOfPartition | PartitionIndexMask)) == StartOfPartition;
        if (pictureIdOffset != 0)
        {
            IsLongPictureId = (payload[pictureIdOffset] & LongPictureId) != 0;
            PictureId = IsLongPictureId
                ? (ushort)(BinaryPrimitives.ReadUInt16BigEndian(payload[pictureIdOffset..]) & 0x7FFF)
                : payload[pictureIdOffset];
        }

        Tl0PictureIndex = tl0Offset == 0 ? (byte)0 : payload[tl0Offset];
        if (layerOffset != 0)
        {
            TemporalLayer = _hasTemporalLayer ? (byte)(payload[layerOffset] >> 6) : (byte)0;
            IsLayerSync = _hasTemporalLayer && (payload[layerOffset] & LayerSync) != 0;
            KeyIndex = (byte)(payload[layerOffset] & KeyIndexMask);
        }
    }

    /// <summary>First packet of a frame: S = 1 and PID = 0.</summary>
    public bool StartsFrame { get; }

    /// <summary>First packet of a key frame (section 4.3: the P bit of the payload header is clear).</summary>
    public bool StartsKeyFrame { get; private init; }

    public bool HasPictureId => _pictureIdOffset != 0;

    /// <summary>15 bits if <see cref="IsLongPictureId"/>, else 7.</summary>
    public ushort PictureId { get; }

    public bool IsLongPictureId { get; }

    public bool HasTl0PictureIndex => _tl0Offset != 0;

    public byte Tl0PictureIndex { get; }

    public bool HasTemporalLayer => _hasTemporalLayer;

    /// <summary>TID, 0 to 3; 0 without the field.</summary>
    public byte TemporalLayer { get; }

    /// <summary>Y: depends on the base layer only, so a receiver may move up to this layer here.</summary>
    public bool IsLayerSync { get; }

    public bool HasKeyIndex => _hasKeyIndex;

    /// <summary>5 bits.</summary>
    public byte KeyIndex { get; }

    /// <summary><c>false</c>: shorter than it says, so no VP8 payload.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, out Vp8PayloadDescriptor descriptor)
    {
        descriptor = default;
        if (payload.IsEmpty)
        {
            return false;
        }

        byte extensions = 0;
        byte pictureIdOffset = 0;
        byte tl0Offset = 0;
        byte layerOffset = 0;
        byte length = 1;
        if ((payload[0] & ExtensionsPresent) != 0)
        {
            if (payload.Length < 2)
            {
                return false;
            }

            extensions = payload[1];
            length = 2;
            if ((extensions & PictureIdPresent) != 0)
            {
                pictureIdOffset = length;
                length += payload.Length > length && (payload[length] & LongPictureId) != 0 ? (byte)2 : (byte)1;
            }

            if ((extensions & Tl0PictureIndexPresent) != 0)
            {
                tl0Offset = length++;
            }

            if ((extensions & (TemporalLayerPresent | KeyIndexPresent)) != 0)
            {
                layerOffset = length++;
            }
        }

        // At least one octet of picture follows.
        if (payload.Length <= length)
        {
            return false;
        }

        descriptor = new(payload, extensions, pictureIdOffset, tl0Offset, layerOffset);
        descriptor = descriptor with { StartsKeyFrame = descriptor.StartsFrame && (payload[length] & 1) == 0 };
        return true;
    }

    /// <summary>Puts other numbers into a copy of the payload that this was read from. Absent fields stay absent.</summary>
    /// <param name="pictureId">Its upper bits are dropped where the field has only 7.</param>
    public void Rewrite(Span<byte> payload, ushort pictureId, byte tl0PictureIndex, byte keyIndex)
    {
        if (_pictureIdOffset != 0)
        {
            if (IsLongPictureId)
            {
                BinaryPrimitives.WriteUInt16BigEndian(payload[_pictureIdOffset..], (ushort)((LongPictureId << 8) | (pictureId & 0x7FFF)));
            }
            else
            {
                payload[_pictureIdOffset] = (byte)(pictureId & 0x7F);
            }
        }

        if (_tl0Offset != 0)
        {
            payload[_tl0Offset] = tl0PictureIndex;
        }

        if (_hasKeyIndex)
        {
            payload[_layerOffset] = (byte)((payload[_layerOffset] & ~KeyIndexMask) | (keyIndex & KeyIndexMask));
        }
    }
}
