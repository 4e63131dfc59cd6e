using Calls.Rtc.Sfu;
using Calls.Rtc.Tests.Rtp;
using Calls.Rtc.Tests.Sfu.Payloads;

namespace Calls.Rtc.Tests.Sfu.Layers;

/// <summary>One VP8 layer as Chromium sends it: three temporal layers, named by mid and rid on the first packets only.</summary>
internal sealed class SimulcastSource(uint ssrc, string rid, ushort firstSequence, uint firstTimestamp, int firstPictureId)
{
    public const byte MidId = 4;
    public const byte RidId = 10;
    public const int NamedPackets = 50;

    // Which temporal layer a picture belongs to, and whether it needs the base alone.
    private static readonly (int Layer, bool IsSync)[] Pattern = [(0, false), (2, true), (1, true), (2, false), (0, false), (2, false), (1, false), (2, false)];

    private int _packets;
    private int _picture;
    private int _tl0 = 7;

    public uint Ssrc { get; } = ssrc;

    public ushort NextSequence { get; set; } = firstSequence;

    /// <summary>Frames so far, by which the timestamp advances 50 ms each.</summary>
    public int Frames { get; private set; }

    public int PacketsPerFrame { get; init; } = 2;

    public int PayloadBytes { get; init; } = 20;

    public static InboundSection Section(string mid = "1", string streamId = "screen") =>
        new(mid, TrackKind.Video, streamId, [], new Dictionary<byte, RtpCodec> { [96] = RtpCodec.Vp8 }, 0, MidId, 5) { RtpStreamIdId = RidId, Rids = ["l", "h"] };

    /// <summary>The packets of the next picture.</summary>
    public RtpPacketBuilder[] Next(bool isKeyFrame = false)
    {
        _picture = isKeyFrame ? 0 : _picture;
        (int layer, bool isSync) = Pattern[_picture % Pattern.Length];
        _tl0 += layer == 0 ? 1 : 0;
        var payload = new Vp8Payload
        {
            IsKeyFrame = isKeyFrame,
            PictureId = (firstPictureId + Frames) & 0x7FFF,
            Tl0PictureIndex = _tl0 & 0xFF,
            TemporalLayer = layer,
            IsLayerSync = isSync,
            Length = PayloadBytes,
        };
        uint timestamp = firstTimestamp + (uint)(Frames * 4500);
        Frames++;
        _picture++;
        return
        [
            .. Enumerable.Range(0, PacketsPerFrame).Select(i => new RtpPacketBuilder
            {
                Ssrc = Ssrc,
                PayloadType = 96,
                SequenceNumber = NextSequence++,
                Timestamp = timestamp,
                HasMarker = i == PacketsPerFrame - 1,
                Extensions = _packets++ < NamedPackets ? [(MidId, "1"u8.ToArray()), (RidId, System.Text.Encoding.UTF8.GetBytes(rid))] : [],
                Payload = (payload with { StartsFrame = i == 0 }).Build(),
            }),
        ];
    }
}
