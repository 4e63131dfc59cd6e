using Calls.Rtc.Rtcp;
using Calls.Rtc.Rtp;
using Calls.Rtc.Sfu.Bandwidth;
using Calls.Rtc.Sfu.Feedback;
using Calls.Rtc.Sfu.Statistics;
using Calls.Rtc.Srtp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Sfu;

/// <summary>Answers one subscriber's NACKs for one stream (media.md 4.8).</summary>
/// <remarks>
/// With RTX a retransmission is a new packet of its own stream. Without, it is the first one again, byte for byte: another
/// header or payload under the same SSRC, rollover counter and sequence number would reuse a GCM nonce (DEV-20). Belongs to the
/// publisher's loop, but for <see cref="Request"/>.
/// </remarks>
internal sealed class Retransmitter(MediaParticipant receiver, SubscriberFormat format)
{
    /// <summary>A packet is not sent again sooner than this, or than a round trip if that is shorter.</summary>
    public const long MaxRepeatIntervalMs = 100;

    // Retransmissions may take as much as the stream itself (media.md 9.3); this much may be asked for at once.
    private const long MaxBudgetBytes = 256 * 1024;

    private readonly LossCounters _counters = receiver.Counters;
    private readonly SentPacketHistory _history = new(format.History);
    private readonly NackRequests _requests = new();
    private long _budgetBytes;

    // Extended; starts in the lower half, as every stream of ours (RFC 3711, section 3.3.1).
    private long _rtxSequence;

    public bool HasRtx => format.RtxSsrc != 0;

    /// <summary>[subscriber's loop] The subscriber asks for packets. Whoever sends the stream answers.</summary>
    public void Request(in Nack nack)
    {
        int taken = _requests.Add(nack);
        _counters.Add(LossCounter.NackItemsDropped, nack.ItemCount - taken);
    }

    /// <summary>Keeps a packet that is about to be protected.</summary>
    /// <param name="sequence">Extended.</param>
    /// <param name="packet">Plain.</param>
    public void Keep(long sequence, ReadOnlySpan<byte> packet, int payloadLength, in KeptPayload kept, int sourcePayloadLength)
    {
        if (kept.Payloads is not { } payloads)
        {
            return;
        }

        _history.Add(sequence, packet, payloadLength, payloads, kept.Index, sourcePayloadLength);
        _budgetBytes = Math.Min(_budgetBytes + packet.Length, MaxBudgetBytes);
    }

    /// <summary>Whether something was asked for.</summary>
    public bool HasRequests => _requests.HasSome;

    /// <summary>Finds a packet that was kept.</summary>
    public bool TryGet(long sequence, out SentPacket packet) => _history.TryGet(sequence, out packet);

    /// <summary>Finds a packet that was kept and has not been sent yet, and numbers it.</summary>
    /// <returns><c>false</c>: it is not there any more.</returns>
    public bool TryRelease(long sequence, ushort transportNumber, out SentPacket packet)
    {
        if (!_history.TryGet(sequence, out packet))
        {
            return false;
        }

        if (format.ExtensionIds.TransportCc != 0)
        {
            _history.SetTransportSequenceNumber(sequence, format.ExtensionIds, transportNumber);
        }

        return true;
    }

    /// <summary>Sends padding on the stream of retransmissions, where it leaves no gap in the picture's numbering.</summary>
    /// <returns>Bytes sent; 0 without such a stream.</returns>
    public int SendPadding(byte paddingBytes, uint timestamp, long nowMs, IPacketSink sink)
    {
        if (!HasRtx || receiver.Outbound is not { } keys || receiver.Path is not { } path)
        {
            return 0;
        }

        long sequence = _rtxSequence++;
        ushort transportNumber = receiver.NextTransportSequenceNumber();
        var header = new OutboundRtpHeader(
            format.RtxSsrc, format.RtxPayloadType, HasMarker: false, (ushort)sequence, timestamp, format.ExtensionIds, AudioLevel: null, transportNumber);
        Span<byte> buffer = sink.Reserve();
        int length = keys.Protect(buffer, RtpWriter.WritePadding(buffer, header, paddingBytes), (uint)(sequence >> 16));
        if (length > 0)
        {
            sink.Commit(length, path);
            receiver.Feedback.OnSent(transportNumber, length, SentPacketKind.Probe, nowMs);
        }

        return length;
    }

    /// <summary>Sends what was asked for and is still there.</summary>
    /// <param name="highest">The newest number sent, extended.</param>
    /// <param name="roundTripMs">To the subscriber; <c>null</c> if unknown.</param>
    /// <param name="pacer">Of the stream: what is sent again takes the place of new packets, for the path carries no more.</param>
    /// <returns>Packets and payload bytes that were sent again on the stream's own SSRC.</returns>
    public (int Packets, int Octets) Answer(long highest, long? roundTripMs, VideoPacer pacer, long nowMs, IPacketSink sink)
    {
        (int packets, int octets) = (0, 0);
        while (pacer.MayRepeat(nowMs) && _requests.TryTake(out ushort number, out ushort following))
        {
            for (uint bits = ((uint)following << 1) | 1; bits != 0; bits >>= 1, number++)
            {
                if ((bits & 1) == 0)
                {
                    continue;
                }

                int sent = Resend(SequenceNumber.Extend(number, highest), highest, roundTripMs, pacer, nowMs, sink);
                packets += sent > 0 ? 1 : 0;
                octets += sent;
            }
        }

        return (packets, octets);
    }

    private int Resend(long sequence, long highest, long? roundTripMs, VideoPacer pacer, long nowMs, IPacketSink sink)
    {
        _counters.Add(LossCounter.RetransmissionsRequested, 1);
        if (sequence > highest || !_history.TryGet(sequence, out SentPacket packet))
        {
            _counters.Add(LossCounter.RetransmissionsUnavailable, 1);
            return 0;
        }

        long intervalMs = Math.Min(roundTripMs ?? MaxRepeatIntervalMs, MaxRepeatIntervalMs);
        if (packet.Length > _budgetBytes || !_history.TryRepeat(sequence, nowMs, intervalMs))
        {
            _counters.Add(LossCounter.RetransmissionsRefused, 1);
            return 0;
        }

        if (receiver.Outbound is not { } keys || receiver.Path is not { } path)
        {
            return 0;
        }

        _budgetBytes -= packet.Length;
        Span<byte> buffer = sink.Reserve();
        int length = HasRtx ? WriteRtx(buffer, packet, keys, nowMs) : keys.Protect(buffer, packet.CopyTo(buffer), (uint)(sequence >> 16));
        if (length == 0)
        {
            return 0;
        }

        sink.Commit(length, path);
        pacer.OnRepeated(length);
        _counters.Add(LossCounter.Retransmissions, 1);
        return HasRtx ? 0 : packet.PayloadLength;
    }

    private int WriteRtx(Span<byte> buffer, in SentPacket original, SrtpOutbound keys, long nowMs)
    {
        long sequence = _rtxSequence++;
        ushort transportNumber = format.ExtensionIds.TransportCc == 0 ? (ushort)0 : receiver.NextTransportSequenceNumber();
        var header = new OutboundRtpHeader(
            format.RtxSsrc, format.RtxPayloadType, HasMarker: false, (ushort)sequence, Timestamp: 0, format.ExtensionIds, AudioLevel: null, transportNumber);
        int length = keys.Protect(buffer, RtxPacket.Write(buffer, header, original), (uint)(sequence >> 16));
        if (length > 0 && format.ExtensionIds.TransportCc != 0)
        {
            receiver.Feedback.OnSent(transportNumber, length, SentPacketKind.Retransmission, nowMs);
        }

        return length;
    }
}
