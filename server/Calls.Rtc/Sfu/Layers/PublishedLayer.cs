using Calls.Rtc.Rtp;
using Calls.Rtc.Sfu.Payloads;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Sfu.Layers;

/// <summary>One simulcast layer of a published track; a track without simulcast has one.</summary>
/// <remarks>Owned by the publisher's loop, but for its rates, its liveness and requests for key frames.</remarks>
internal sealed class PublishedLayer(int index)
{
    /// <summary>
    /// A layer has stopped when another one of its track has shown two pictures since, both newer by this much: publishers leave
    /// out upper layers when their own uplink is narrow. Silence alone says nothing, a screen may stand still.
    /// </summary>
    public const long StoppedMs = 1000;

    // Far enough from the end of the scale to be counted with.
    private const long Never = long.MinValue / 2;

    private KeyFrameRequests _keyFrames;

    // Made with the first packet that a subscriber may ask for again: audio and unwatched video cost no memory.
    private PayloadHistory? _payloads;
    private RecentPacket[]? _recent;
    private InboundStream? _source;
    private uint _lastTimestamp;
    private bool _isKeyFrame;
    private int _pictureBytes;
    private long _lastFrameMs = Never;
    private long _previousFrameMs = Never;

    /// <summary>0 is the lowest.</summary>
    public int Index { get; } = index;

    public LayerRate Rate { get; } = new();

    /// <summary>[loop] The stream that feeds it at present.</summary>
    public InboundStream? Source
    {
        get => Volatile.Read(ref _source);
        set => Volatile.Write(ref _source, value);
    }

    public bool HasSource => Source is not null;

    /// <summary>When its newest picture began to arrive; long ago before the first.</summary>
    public long LastFrameMs => Volatile.Read(ref _lastFrameMs);

    /// <summary>The same of the picture before.</summary>
    public long PreviousFrameMs => Volatile.Read(ref _previousFrameMs);

    /// <summary>Any thread; merged with those of other subscribers.</summary>
    public void RequestKeyFrame() => _keyFrames.Request();

    /// <summary>[loop] Whether a request is to be sent to the publisher now.</summary>
    public bool TryTakeKeyFrameRequest(long nowMs) => HasSource && _keyFrames.TryTake(nowMs);

    /// <summary>[loop] A packet of the source, about to be forwarded.</summary>
    public void OnPacket(in RtpPacketView packet, in VideoPayload payload, long nowMs)
    {
        bool isNewPicture = LastFrameMs == Never || (int)(packet.Timestamp - _lastTimestamp) > 0;
        _isKeyFrame = payload.StartsKeyFrame || (_isKeyFrame && !isNewPicture);
        _pictureBytes = isNewPicture ? 0 : _pictureBytes;

        // Key frames come when somebody asks for them: they say nothing of what the layer takes. What came of one before its
        // first packet is taken back.
        int bytes = _isKeyFrame ? -_pictureBytes : packet.Length;
        Rate.Add(bytes, payload.TemporalLayer, nowMs);
        _pictureBytes += bytes;
        if (isNewPicture)
        {
            Volatile.Write(ref _previousFrameMs, LastFrameMs);
            _lastTimestamp = packet.Timestamp;
            Volatile.Write(ref _lastFrameMs, nowMs);
        }
    }

    /// <summary>[loop] Its highest number so far, in the numbering of its source.</summary>
    public long HighestSequence { get; private set; }

    /// <summary>[loop] Keeps a payload for those who may ask for it again.</summary>
    /// <param name="sequence">Extended, in the numbering of its source.</param>
    /// <param name="capacity">Packets kept; 0: nobody asks.</param>
    public KeptPayload Keep(in RtpPacketView packet, long sequence, int capacity)
    {
        if (capacity == 0)
        {
            return new(null, -1);
        }

        _payloads ??= new PayloadHistory(capacity, PacketBuffer.MaxDatagram);
        _recent ??= new RecentPacket[capacity];
        var kept = new KeptPayload(_payloads, _payloads.Add(packet.Payload));
        _recent[sequence & (_recent.Length - 1)] = new(sequence, packet.Timestamp, packet.HasMarker, kept);
        HighestSequence = Math.Max(HighestSequence, sequence);
        return kept;
    }

    /// <summary>[loop] Finds a packet that came lately.</summary>
    public bool TryGetRecent(long sequence, out RecentPacket packet)
    {
        packet = _recent is null ? default : _recent[sequence & (_recent.Length - 1)];
        return packet.Kept.Payloads is not null && packet.Sequence == sequence;
    }

    /// <summary>[loop] Another stream feeds it from now on.</summary>
    public void Restart(InboundStream? source)
    {
        Source = source;
        HighestSequence = 0;
        Array.Clear(_recent ?? []);
        Volatile.Write(ref _lastFrameMs, Never);
        Volatile.Write(ref _previousFrameMs, Never);
    }
}
