using Calls.Rtc.Rtcp;

namespace Calls.Rtc.Sfu.Feedback;

/// <summary>Joins what was sent to one client with what the client says about it, for whoever estimates its bandwidth.</summary>
internal sealed class OutboundFeedback
{
    // The reference time of a feedback has 24 bits (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1).
    private const int ReferenceBits = 24;

    private Attachment? _attachment;

    // Owned by the loop.
    private bool _started;
    private long _reference;

    /// <summary>Any thread. Who is told; <c>null</c> (at first) keeps no log, so that clients without video cost no memory.</summary>
    public IBandwidthObserver? Observer
    {
        get => Volatile.Read(ref _attachment)?.Observer;
        set => Volatile.Write(ref _attachment, value is null ? null : new(value, Volatile.Read(ref _attachment)?.Log ?? new SentPacketLog()));
    }

    /// <summary>Any thread: a packet with this transport-wide number leaves for the client.</summary>
    public void OnSent(ushort number, int sizeBytes, SentPacketKind kind, long nowMs) =>
        Volatile.Read(ref _attachment)?.Log.Add(number, sizeBytes, kind, nowMs);

    /// <summary>[loop] The client's feedback arrived.</summary>
    public void Apply(in TransportCcFeedback feedback, long nowMs)
    {
        if (Volatile.Read(ref _attachment) is not { } attachment)
        {
            return;
        }

        // Statuses count from the reference time as it stands in the packet: what it lacks are the cycles.
        long cycles = (ExtendReference(feedback.ReferenceTime) - feedback.ReferenceTime) * TransportCcFeedback.TicksPerReference;
        TransportCcStatusReader statuses = feedback.Statuses;
        while (statuses.MoveNext())
        {
            if (attachment.Log.TryTake(statuses.SequenceNumber, statuses.IsReceived, statuses.ArrivalTicks + cycles, nowMs, out PacketFeedback packet))
            {
                attachment.Observer.OnPacket(packet);
            }
        }

        attachment.Observer.OnFeedbackEnd(nowMs);
    }

    private long ExtendReference(int reference)
    {
        if (!_started)
        {
            (_started, _reference) = (true, reference);
            return reference;
        }

        int step = (int)((uint)(reference - _reference) << (32 - ReferenceBits)) >> (32 - ReferenceBits);
        long extended = _reference + step;
        _reference = Math.Max(_reference, extended);
        return extended;
    }

    private sealed record Attachment(IBandwidthObserver Observer, SentPacketLog Log);
}
