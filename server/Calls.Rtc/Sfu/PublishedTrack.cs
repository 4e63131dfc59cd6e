using System.Security.Cryptography;
using Calls.Rtc.Rtp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Sfu;

/// <summary>One track of a session that the others of the call may receive.</summary>
/// <remarks>
/// The list of subscribers is an immutable array that control code swaps; the publisher's loop reads it once per packet.
/// The track outlives its source: a changed microphone feeds the same track, so subscribers keep section and SSRC (media-101).
/// </remarks>
internal sealed class PublishedTrack
{
    // z-base-32, as the reference's ids (media.md 3.5).
    private const string TrackIdAlphabet = "ybndrfg8ejkmcpqxot1uwisza345h769";

    private readonly Lock _lock = new();
    private readonly long[] _results = new long[(int)ForwardResult.NotProtected + 1];
    private TrackForwarder[] _subscribers = [];
    private long _packetsIn;
    private long _bytesIn;
    private long _bytesOut;
    private volatile bool _isEnded;
    private KeyFrameRequests _keyFrames;

    // Made with the first subscriber that sends NACKs: audio and unwatched video cost no memory.
    private PayloadHistory? _payloads;

    internal PublishedTrack(MediaParticipant publisher, TrackType type, InboundStream source)
        : this(publisher, type, source, source.Codec)
    {
    }

    /// <summary>A track without a source of its own: <paramref name="publisher"/> gives it its name only.</summary>
    internal PublishedTrack(MediaParticipant publisher, TrackType type, RtpCodec codec)
        : this(publisher, type, source: null, codec)
    {
    }

    private PublishedTrack(MediaParticipant publisher, TrackType type, InboundStream? source, RtpCodec codec)
    {
        Publisher = publisher;
        Type = type;
        Source = source!;
        Codec = codec;
        TrackId = $"{type.WireName()}_{publisher.SessionId}_{RandomNumberGenerator.GetString(TrackIdAlphabet, 8)}";
    }

    public MediaParticipant Publisher { get; }

    public TrackType Type { get; }

    public RtpCodec Codec { get; }

    /// <summary><c>type_session_random8</c>: the second token of msid (media.md 3.5). The stream id is the publisher's session id.</summary>
    public string TrackId { get; }

    public bool IsEnded => _isEnded;

    public IReadOnlyList<TrackForwarder> Subscribers => Volatile.Read(ref _subscribers);

    /// <summary>How many copies of packets had this result, over all subscribers.</summary>
    public long Count(ForwardResult result) => Volatile.Read(ref _results[(int)result]);

    /// <summary>Packets of the publisher that were handed to the subscribers.</summary>
    public long PacketsIn => Volatile.Read(ref _packetsIn);

    /// <summary>Their bytes, without what SRTP adds.</summary>
    public long BytesIn => Volatile.Read(ref _bytesIn);

    /// <summary>Bytes sent to all subscribers, without what SRTP adds.</summary>
    public long BytesOut => Volatile.Read(ref _bytesOut);

    /// <summary>[loop] The stream that feeds it at present.</summary>
    internal InboundStream Source { get; set; }

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

            if (forwarder.KeepsHistory > 0 && _payloads is null)
            {
                Volatile.Write(ref _payloads, new PayloadHistory(forwarder.KeepsHistory, PacketBuffer.MaxDatagram));
            }

            Volatile.Write(ref _subscribers, [.. _subscribers, forwarder]);
        }

        RequestKeyFrame();
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
    public void RequestKeyFrame()
    {
        if (Codec.Kind() == TrackKind.Video)
        {
            _keyFrames.Request();
            Publisher.NoteRequest();
        }
    }

    /// <summary>[loop] Whether a request is to be sent to the publisher now.</summary>
    internal bool TryTakeKeyFrameRequest(long nowMs) => _keyFrames.TryTake(nowMs);

    /// <summary>[loop] Hands a packet of the source to every subscriber.</summary>
    /// <param name="red">Its payload, if that is Opus which repeats itself.</param>
    /// <param name="except">The one who speaks, if that is not the publisher.</param>
    internal void Forward(
        in RtpPacketView packet, in RedPayload red, long sequence, byte? audioLevel, long nowMs, IPacketSink sink, MediaParticipant? except = null)
    {
        long sentBefore = _results[(int)ForwardResult.Sent];
        PayloadHistory? payloads = Volatile.Read(ref _payloads);
        var kept = new KeptPayload(payloads, payloads?.Add(packet.Payload) ?? -1);
        foreach (TrackForwarder subscriber in Volatile.Read(ref _subscribers))
        {
            if (subscriber.Receiver != except)
            {
                _results[(int)subscriber.Forward(packet, red, kept, sequence, audioLevel, nowMs, sink)]++;
            }
        }

        if (Type == TrackType.Voice)
        {
            Publisher.Candidate?.Forward(packet, red, sequence, audioLevel, nowMs, sink);
        }

        _packetsIn++;
        _bytesIn += packet.Length;
        _bytesOut += (_results[(int)ForwardResult.Sent] - sentBefore) * packet.Length;
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
