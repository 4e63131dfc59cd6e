using Calls.Rtc.Sfu.Payloads;

namespace Calls.Rtc.Sfu.Layers;

/// <summary>
/// Makes the VP8 streams that one subscriber gets one after the other look like one: picture ids without gaps, indices of base
/// layers and of key frames that count on (media.md 4.6, RFC 7741 section 4.2).
/// </summary>
/// <remarks>Owned by the publisher's loop.</remarks>
internal struct Vp8Continuity
{
    private NumberGaps _pictures;
    private long _pictureOffset;
    private long _highestPicture;
    private byte _tl0Offset;
    private byte _highestTl0;
    private byte _keyIndexOffset;
    private byte _highestKeyIndex;
    private bool _started;

    /// <summary>The first picture of another stream: a key frame.</summary>
    public void SwitchTo(in Vp8PayloadDescriptor first)
    {
        _pictures = default;
        if (_started)
        {
            _pictureOffset = _highestPicture + 1 - first.PictureId;
            _tl0Offset = (byte)(_highestTl0 + 1 - first.Tl0PictureIndex);
            _keyIndexOffset = (byte)(_highestKeyIndex + 1 - first.KeyIndex);
        }

        _started = true;
    }

    /// <summary>The pictures after one that was sent were not sent after all.</summary>
    public void RewindTo(in Vp8PayloadDescriptor lastSent) =>
        (_highestPicture, _highestTl0, _highestKeyIndex) = (lastSent.PictureId, lastSent.Tl0PictureIndex, lastSent.KeyIndex);

    /// <summary>Whether no packet of a picture has come before.</summary>
    public readonly bool IsNew(in Vp8PayloadDescriptor picture) => !picture.HasPictureId || _pictures.IsNew(Extend(picture));

    /// <summary>Whether a picture is left out: decided by its first packet that arrives, and kept for the others.</summary>
    /// <param name="highestTemporalLayer">That the subscriber gets.</param>
    public bool IsLeftOut(in Vp8PayloadDescriptor picture, int highestTemporalLayer)
    {
        bool isAbove = picture.TemporalLayer > highestTemporalLayer;
        if (!picture.HasPictureId)
        {
            return isAbove;
        }

        long id = Extend(picture);
        if (!_pictures.IsNew(id))
        {
            return _pictures.IsSkipped(id) || (isAbove && _pictures.IsForgotten(id));
        }

        _pictures.Advance(id, isAbove);
        return isAbove;
    }

    /// <summary>Writes the subscriber's numbers into a copy of the payload.</summary>
    public void Rewrite(in Vp8PayloadDescriptor picture, Span<byte> payload)
    {
        long id = _pictures.Compact(Extend(picture)) + _pictureOffset;
        byte tl0 = (byte)(picture.Tl0PictureIndex + _tl0Offset);
        byte keyIndex = (byte)((picture.KeyIndex + _keyIndexOffset) & 0x1F);
        if (id >= _highestPicture)
        {
            (_highestPicture, _highestTl0, _highestKeyIndex) = (id, tl0, keyIndex);
        }

        picture.Rewrite(payload, (ushort)id, tl0, keyIndex);
    }

    private readonly long Extend(in Vp8PayloadDescriptor picture)
    {
        int bits = picture.IsLongPictureId ? 15 : 7;
        int shift = 32 - bits;
        long reference = _pictures.Highest;
        return _pictures.HasStarted ? reference + (((picture.PictureId - (int)reference) << shift) >> shift) : picture.PictureId;
    }
}
