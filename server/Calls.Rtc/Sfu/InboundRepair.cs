using Calls.Rtc.Rtcp;
using Calls.Rtc.Sfu.Statistics;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Sfu;

/// <summary>Asks a client for the packets of its video that are missing, and for a key frame when that was in vain (media.md 4.8).</summary>
/// <remarks>Owned by the participant's loop.</remarks>
internal sealed class InboundRepair(OutboundRtcp rtcp, LossCounters counters)
{
    /// <summary>Of a client that has not told otherwise.</summary>
    public const long DefaultRoundTripMs = 100;

    // Numbers of one NACK: it fits into a packet however they are spread.
    private const int MaxNumbers = 256;

    private long _reportedRoundTripMs = DefaultRoundTripMs;
    private RepairRoundTrip _roundTrip;

    /// <summary>Any thread: what the client measured on the data channel, until repairs tell better.</summary>
    public long ReportedRoundTripMs
    {
        get => Volatile.Read(ref _reportedRoundTripMs);
        set => Volatile.Write(ref _reportedRoundTripMs, Math.Clamp(value, 1, NackGenerator.MaxAgeMs));
    }

    /// <summary>From a request to the packet that answers it.</summary>
    public long RoundTripMs => _roundTrip.Ms == 0 ? ReportedRoundTripMs : _roundTrip.Ms;

    /// <summary>Notes a packet of a stream, and asks for those missing that are due.</summary>
    public void OnPacket(InboundStream stream, long index, long nowMs, IPacketSink sink)
    {
        if (stream.Nacks is not { } nacks)
        {
            return;
        }

        if (!IsNeeded(stream))
        {
            nacks.Reset();
            return;
        }

        long givenUp = nacks.GivenUp;
        int requests = nacks.OnPacket(index, nowMs, out long repairMs);
        if (requests > 0)
        {
            counters.Add(LossCounter.PacketsRecovered, 1);
            _roundTrip.OnRepair(requests, repairMs);
        }

        FollowGivenUp(stream, nacks, givenUp);
        RequestMissing(stream, nowMs, sink);
    }

    /// <summary>Asks for what is due although no packet came.</summary>
    public void Tick(ReadOnlySpan<InboundStream> streams, long nowMs, IPacketSink sink)
    {
        foreach (InboundStream stream in streams)
        {
            RequestMissing(stream, nowMs, sink);
        }
    }

    // Somebody watches it: a subscriber who comes later starts with a key frame.
    private static bool IsNeeded(InboundStream stream) => stream is { State: InboundStreamState.Active, Track.Subscribers.Count: > 0 };

    private void RequestMissing(InboundStream stream, long nowMs, IPacketSink sink)
    {
        if (stream.Nacks is not { } nacks || nowMs < nacks.NextDueMs)
        {
            return;
        }

        Span<ushort> numbers = stackalloc ushort[MaxNumbers];
        long givenUp = nacks.GivenUp;
        int count = nacks.TakeDue(nowMs, RoundTripMs, numbers);
        FollowGivenUp(stream, nacks, givenUp);
        if (count > 0)
        {
            counters.Add(LossCounter.PacketsRequested, count);
            rtcp.SendNack(stream.Ssrc, numbers[..count], sink);
        }
    }

    private void FollowGivenUp(InboundStream stream, NackGenerator nacks, long givenUpBefore)
    {
        counters.Add(LossCounter.PacketsGivenUp, nacks.GivenUp - givenUpBefore);
        if (nacks.TakeHasGivenUp())
        {
            stream.Track?.RequestKeyFrame(stream.Layer);
        }
    }
}
