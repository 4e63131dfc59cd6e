using System.Security.Cryptography;
using Calls.Rtc.Rtp;
using Calls.Rtc.Sfu.Layers;
using Calls.Rtc.Sfu.Payloads;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Sfu;

/// <summary>One track of a session that the others of the call may receive.</summary>
/// <remarks>
/// The list of subscribers is an immutable array that control code swaps; the publisher's loop reads it once per packet.
/// The track outlives its source: a changed microphone feeds the same track, so subscribers keep section and SSRC (media-101).
/// </remarks>
internal sealed class PublishedTrack
{
    /// <summary>Simulcast layers of one track; the web client sends two (media.md 4.4), others are not taken up.</summary>
    public const int MaxLayers = 3;

    // z-base-32, as the reference's ids (media.md 3.5).
    private const string TrackIdAlphabet = "ybndrfg8ejkmcpqxot1uwisza345h769";

    private readonly Lock _lock = new();
    private readonly long[] _results = new long[Enum.GetValues<ForwardResult>().Length];
    private readonly PublishedLayer[] _layers;
    private TrackForwarder[] _subscribers = [];
    private WriteTimes _writeTimes = new();
    private long _packetsIn;
    private long _bytesIn;
    private long _bytesOut;
    private volatile bool _isEnded;

    // Packets that subscribers may ask for again; 0 as long as none of them does.
    private int _keepsPayloads;

    internal PublishedTrack(MediaParticipant publisher, TrackType type, InboundStream source, long nowMs)
    {
        Publisher = publisher;
        Type = type;
        StartedMs = nowMs;
        Codec = source.Codec;
        _layers = [.. Enumerable.Range(0, Codec.Kind() == TrackKind.Video ? MaxLayers : 1).Select(static index => new PublishedLayer(index))];
        TrackId = $"{type.WireName()}_{publisher.SessionId}_{RandomNumberGenerator.GetString(TrackIdAlphabet, 8)}";
    }

    public MediaParticipant Publisher { get; }

    public TrackType Type { get; }

    public RtpCodec Codec { get; }

    /// <summary>When its first packet came, in monotonic milliseconds.</summary>
    public long StartedMs { get; }

    /// <summary><c>type_session_random8</c>: the second token of msid (media.md 3.5). The stream id is the publisher's session id.</summary>
    public string TrackId { get; }

    public bool IsEnded => _isEnded;

    public IReadOnlyList<TrackForwarder> Subscribers => Volatile.Read(ref _subscribers);

    /// <summary>How many copies of packets had this result, over all subscribers.</summary>
    public long Count(ForwardResult result) => Volatile.Read(ref _results[(int)result]);

    public WriteTimes WriteTimes => _writeTimes;

    /// <summary>Packets of the publisher that were handed to the subscribers.</summary>
    public long PacketsIn => Volatile.Read(ref _packetsIn);

    /// <summary>Their bytes, without what SRTP adds.</summary>
    public long BytesIn => Volatile.Read(ref _bytesIn);

    /// <summary>Bytes sent to all subscribers, without what SRTP adds.</summary>
    public long BytesOut => Volatile.Read(ref _bytesOut);

    /// <summary>Its simulcast layers, lowest first; those that are not sent have no source.</summary>
    internal ReadOnlySpan<PublishedLayer> Layers => _layers;

    /// <summary>[loop] The stream that feeds it at present; of simulcast layers the lowest. <c>null</c> once it has ended.</summary>
    internal InboundStream? Source
    {
        get
        {
            foreach (PublishedLayer layer in _layers)
            {
                if (layer.Source is { } source)
                {
                    return source;
                }
            }

            return null;
        }
    }

    /// <summary>Any thread. Asks for a key frame if the track is video.</summary>
    /// <returns><c>false</c>: the track has ended, or the receiver was closed.</returns>
    /// <exception cref="InvalidOperationException">The forwarder was added before, or leads back to the publisher.</exception>
    public bool AddSubscriber(TrackForwarder forwarder)
    {
        if (forwarder.Receiver == Publisher)
        {
            throw new InvalidOperationException("A track is never sent back to its publisher.");
        }

        lock (_lock)
        {
            if (_isEnded)
            {
                return false;
            }

            if (!forwarder.TryBindTo(this))
            {
                throw new InvalidOperationException("A forwarder serves one track once.");
            }

            if (!forwarder.Receiver.Outgoing.TryAdd(forwarder))
            {
                return false;
            }

            Volatile.Write(ref _keepsPayloads, Math.Max(_keepsPayloads, forwarder.KeepsHistory));

            Volatile.Write(ref _subscribers, [.. _subscribers, forwarder]);
        }

        if (Codec.Kind() == TrackKind.Video)
        {
            forwarder.Receiver.MeasureBandwidth();
            forwarder.RequestKeyFrame();
        }

        return true;
    }

    /// <summary>Any thread. The forwarder is spent afterwards: a section that gets another track gets another SSRC.</summary>
    public void RemoveSubscriber(TrackForwarder forwarder)
    {
        if (forwarder.Track != this)
        {
            return;
        }

        lock (_lock)
        {
            Volatile.Write(ref _subscribers, [.. _subscribers.Where(other => other != forwarder)]);
        }

        forwarder.Receiver.Outgoing.Remove(forwarder);
    }

    /// <summary>Any thread; the publisher's loop sends it, merged with those of other subscribers. Nothing for audio.</summary>
    internal void RequestKeyFrame(int layer)
    {
        if (Codec.Kind() == TrackKind.Video)
        {
            _layers[layer].RequestKeyFrame();
            Publisher.NoteRequest();
        }
    }

    /// <summary>The layer that stands in for one that is not sent: the next lower one, else the next higher one. Any thread.</summary>
    internal int FindRunningLayer(int wanted)
    {
        for (int layer = Math.Min(wanted, _layers.Length - 1); layer >= 0; layer--)
        {
            if (!HasStopped(layer))
            {
                return layer;
            }
        }

        for (int layer = wanted + 1; layer < _layers.Length; layer++)
        {
            if (!HasStopped(layer))
            {
                return layer;
            }
        }

        return 0;
    }

    /// <summary>Whether a layer does not arrive (any more) although the track does. Any thread.</summary>
    internal bool HasStopped(int layer)
    {
        long newest = long.MinValue / 2;
        foreach (PublishedLayer other in _layers)
        {
            newest = Math.Max(newest, other.PreviousFrameMs);
        }

        return !_layers[layer].HasSource || _layers[layer].LastFrameMs <= newest - PublishedLayer.StoppedMs;
    }

    /// <summary>[loop] Hands a packet of one of its layers to every subscriber.</summary>
    /// <param name="red">Its payload, if that is Opus which repeats itself.</param>
    internal void Forward(int layer, in RtpPacketView packet, in RedPayload red, long sequence, byte? audioLevel, long nowMs, IPacketSink sink)
    {
        VideoPayload video = VideoPayload.Read(Codec, packet.Payload);
        _layers[layer].OnPacket(packet, video, nowMs);
        var source = new SourcePacket
        {
            Packet = packet,
            Sequence = sequence,
            Layer = _layers[layer],
            Video = video,
            Red = red,
            Kept = _layers[layer].Keep(packet, sequence, Volatile.Read(ref _keepsPayloads)),
            AudioLevel = audioLevel,
        };
        long sentBefore = _results[(int)ForwardResult.Sent];
        TrackForwarder[] subscribers = Volatile.Read(ref _subscribers);
        long start = _writeTimes.Begin();
        foreach (TrackForwarder subscriber in subscribers)
        {
            _results[(int)subscriber.Forward(source, nowMs, sink)]++;
        }

        _writeTimes.End(start, subscribers.Length);

        _packetsIn++;
        _bytesIn += packet.Length;
        _bytesOut += (_results[(int)ForwardResult.Sent] - sentBefore) * packet.Length;
    }

    /// <summary>[loop] Sends what has waited for this time.</summary>
    /// <returns>Whether something still waits.</returns>
    internal bool Pace(long nowMs, IPacketSink sink)
    {
        bool isBusy = false;
        foreach (TrackForwarder subscriber in Volatile.Read(ref _subscribers))
        {
            isBusy |= subscriber.IsPacing && subscriber.Pace(nowMs, sink);
        }

        return isBusy;
    }

    /// <summary>[loop] Sends again what subscribers asked for.</summary>
    internal void Retransmit(long nowMs, IPacketSink sink)
    {
        foreach (TrackForwarder subscriber in Volatile.Read(ref _subscribers))
        {
            subscriber.Retransmit(nowMs, sink);
        }
    }

    /// <summary>[loop] Sends the sender reports that are due.</summary>
    internal void WriteReports(NtpClock clock, long nowMs, IPacketSink sink)
    {
        foreach (TrackForwarder subscriber in Volatile.Read(ref _subscribers))
        {
            subscriber.WriteReport(clock, nowMs, sink);
        }
    }

    /// <summary>[loop] Ends it for good and lets its subscribers go.</summary>
    internal void End()
    {
        TrackForwarder[] subscribers;
        lock (_lock)
        {
            _isEnded = true;
            subscribers = _subscribers;
            Volatile.Write(ref _subscribers, []);
        }

        foreach (TrackForwarder subscriber in subscribers)
        {
            subscriber.Receiver.Outgoing.Remove(subscriber);
        }
    }
}
