using Calls.Rtc.Rtp;

namespace Calls.Rtc.Sfu;

/// <summary>The SSRCs of one client, and their binding to sections (media.md 4.1).</summary>
/// <remarks>Owned by the participant's loop. Allocates only when an SSRC appears.</remarks>
internal sealed class InboundStreams
{
    /// <summary>SSRCs remembered, bound or not (media.md 9.7).</summary>
    public const int MaxStreams = 64;

    /// <summary>From this many on, retired streams make room: SRTP's own table, which has no more entries, must not fill up first.</summary>
    private const int KeptStreams = 48;

    /// <summary>Streams that are or may become the source of a track (media.md 9.7).</summary>
    public const int MaxTracks = 12;

    /// <summary>Unknown SSRCs that are watched at a time (media.md 4.1).</summary>
    public const int MaxProbing = 25;

    /// <summary>Packets and time after which an unknown SSRC is given up.</summary>
    public const int MaxProbedPackets = 32;

    public const long MaxProbingMs = 2000;

    private readonly uint[] _ssrcs = new uint[MaxStreams];
    private readonly InboundStream[] _streams = new InboundStream[MaxStreams];
    private int _count;

    public ReadOnlySpan<InboundStream> All => _streams.AsSpan(0, _count);

    public InboundStream? Find(uint ssrc)
    {
        int index = _ssrcs.AsSpan(0, _count).IndexOf(ssrc);
        return index < 0 ? null : _streams[index];
    }

    /// <summary>Takes up an SSRC not seen before. <c>null</c>: there is no room for it.</summary>
    /// <param name="isDeclared">Signaling names it, so it does not count as unknown.</param>
    /// <param name="evicted">The stream that had to make room, if any.</param>
    public InboundStream? TryAdd(uint ssrc, bool isDeclared, long nowMs, out InboundStream? evicted)
    {
        evicted = null;
        ExpireProbes(nowMs);
        if (!isDeclared && CountProbing() >= MaxProbing)
        {
            return null;
        }

        if (_count >= KeptStreams)
        {
            evicted = FindLeastUseful(mayBeUnknown: _count == MaxStreams);
            if (evicted is not null)
            {
                Remove(evicted);
            }
            else if (_count == MaxStreams)
            {
                return null;
            }
        }

        var stream = new InboundStream(ssrc, nowMs);
        _ssrcs[_count] = ssrc;
        _streams[_count++] = stream;
        return stream;
    }

    /// <summary>Tries to bind an unbound stream by what its packet carries.</summary>
    /// <param name="refusal">Why it is not bound.</param>
    public bool TryBind(
        InboundStream stream, in RtpPacketView packet, InboundDescription description, long nowMs, out RtpReceiveResult refusal)
    {
        refusal = RtpReceiveResult.UnknownSsrc;
        if (FindRepairedSection(packet, description) is { } repairedSection)
        {
            // Before the stream that it repeats there is nothing to repair: browsers probe with padding on this SSRC first.
            return TryBindRepair(stream, packet, repairedSection, description);
        }

        ReceivingSection? declared = description.FindBySsrc(packet.Ssrc);
        ReceivingSection? section = declared ?? (stream.State == InboundStreamState.Probing ? FindSection(packet, description) : null);
        int layer = section is null ? -1 : FindLayer(packet, section, description.RtpStreamIdId);
        if (section is null || layer < 0)
        {
            stream.ProbedPackets++;
            if (stream.ProbedPackets >= MaxProbedPackets || nowMs - stream.FirstPacketMs > MaxProbingMs)
            {
                stream.State = InboundStreamState.GivenUp;
            }

            return false;
        }

        if (!section.TryGetCodec(packet.PayloadType, out RtpCodec codec))
        {
            refusal = RtpReceiveResult.UnknownPayloadType;
            return false;
        }

        if (CountTracks() >= MaxTracks)
        {
            refusal = RtpReceiveResult.TooManyStreams;
            return false;
        }

        stream.BindTo(section, layer, codec);
        return true;
    }

    public void Remove(InboundStream stream)
    {
        int index = Array.IndexOf(_streams, stream, 0, _count);
        _count--;
        (_streams[index], _ssrcs[index]) = (_streams[_count], _ssrcs[_count]);
        _streams[_count] = null!;
        foreach (InboundStream other in All)
        {
            if (other.Replaced == stream)
            {
                other.Replaced = null;
            }
        }
    }

    // Browsers send the mid on the first packets only, so what it says holds for the SSRC's life.
    private static ReceivingSection? FindSection(in RtpPacketView packet, InboundDescription description) =>
        packet.TryGetExtension(description.MidId, out ReadOnlySpan<byte> mid)
            ? description.FindByMid(mid)
            : description.FindOnlyOneFor(packet.PayloadType);

    private static int FindLayer(in RtpPacketView packet, ReceivingSection section, byte extensionId)
    {
        packet.TryGetExtension(extensionId, out ReadOnlySpan<byte> rid);
        return section.FindLayer(rid);
    }

    // Retransmissions have SSRCs and payload types of their own; the mid tells those that signaling does not list.
    private static ReceivingSection? FindRepairedSection(in RtpPacketView packet, InboundDescription description)
    {
        ReceivingSection? section = description.FindByRtxSsrc(packet.Ssrc);
        if (section is null && packet.TryGetExtension(description.MidId, out ReadOnlySpan<byte> mid))
        {
            section = description.FindByMid(mid);
        }

        return section?.TryGetRepaired(packet.PayloadType, out _) == true ? section : null;
    }

    private bool TryBindRepair(InboundStream stream, in RtpPacketView packet, ReceivingSection section, InboundDescription description)
    {
        uint declared = section.FindRepaired(packet.Ssrc);
        InboundStream? original = declared != 0
            ? Find(declared)
            : FindLayerIn(section, FindLayer(packet, section, description.RepairedStreamIdId));
        if (original is not { IsBound: true, Repairs: null } || original.Section != section)
        {
            return false;
        }

        stream.BindAsRepairOf(original);
        return true;
    }

    private InboundStream? FindLayerIn(ReceivingSection section, int layer)
    {
        InboundStream? found = null;
        foreach (InboundStream stream in All)
        {
            if (stream.Section == section && stream.Repairs is null && stream.Layer == layer)
            {
                if (found is not null)
                {
                    return null;
                }

                found = stream;
            }
        }

        return found;
    }

    private void ExpireProbes(long nowMs)
    {
        foreach (InboundStream stream in All)
        {
            if (stream.State == InboundStreamState.Probing && nowMs - stream.FirstPacketMs > MaxProbingMs)
            {
                stream.State = InboundStreamState.GivenUp;
            }
        }
    }

    private InboundStream? FindLeastUseful(bool mayBeUnknown)
    {
        InboundStream? oldest = null;
        foreach (InboundStream stream in All)
        {
            bool mayGo = stream is { State: InboundStreamState.Retired } or { Repairs.State: InboundStreamState.Retired } || (mayBeUnknown && stream.State == InboundStreamState.GivenUp);
            if (mayGo && (oldest is null || stream.LastPacketMs < oldest.LastPacketMs))
            {
                oldest = stream;
            }
        }

        return oldest;
    }

    private int CountProbing()
    {
        int count = 0;
        foreach (InboundStream stream in All)
        {
            count += stream.State == InboundStreamState.Probing ? 1 : 0;
        }

        return count;
    }

    private int CountTracks()
    {
        int count = 0;
        foreach (InboundStream stream in All)
        {
            count += stream.IsTrack ? 1 : 0;
        }

        return count;
    }
}
