using System.Security.Cryptography;

namespace Calls.Rtc.Sfu;

/// <summary>What is sent to one client: its SSRCs, and the count of its transport-wide numbers.</summary>
/// <remarks>Any thread: look-ups read an immutable snapshot, changes swap it under a lock.</remarks>
internal sealed class OutboundStreams
{
    // An odd step visits every 32-bit number once, so no SSRC comes twice under one key (media.md 9.6).
    private const uint SsrcStep = 0x9E37_79B1;

    private readonly Lock _lock = new();
    private readonly uint _firstSsrc;
    private uint _allocated;
    private Snapshot _snapshot = new([], []);
    private int _transportSequenceNumber;
    private bool _isClosed;

    public OutboundStreams()
    {
        Span<byte> random = stackalloc byte[4];
        RandomNumberGenerator.Fill(random);
        _firstSsrc = BitConverter.ToUInt32(random);
    }

    /// <summary>Sorted by SSRC.</summary>
    public IReadOnlyList<TrackForwarder> Forwarders => Volatile.Read(ref _snapshot).Forwarders;

    public bool HasVideo
    {
        get
        {
            foreach (TrackForwarder forwarder in Volatile.Read(ref _snapshot).Forwarders)
            {
                if (forwarder.Track?.Codec.Kind() == TrackKind.Video)
                {
                    return true;
                }
            }

            return false;
        }
    }

    public uint AllocateSsrc(InboundDescription avoid)
    {
        while (true)
        {
            uint ssrc = _firstSsrc + (Interlocked.Increment(ref _allocated) * SsrcStep);

            // 0 is for bandwidth probes; browsers that only receive report with SSRC 1 (media.md 4.8).
            if (ssrc > 1 && avoid.FindBySsrc(ssrc) is null && avoid.FindByRtxSsrc(ssrc) is null)
            {
                return ssrc;
            }
        }
    }

    /// <summary>The next transport-wide number: they count over all tracks of a connection.</summary>
    public ushort NextTransportSequenceNumber() => (ushort)Interlocked.Increment(ref _transportSequenceNumber);

    public TrackForwarder? Find(uint ssrc)
    {
        Snapshot snapshot = Volatile.Read(ref _snapshot);
        int index = Array.BinarySearch(snapshot.Ssrcs, ssrc);
        return index < 0 ? null : snapshot.Forwarders[index];
    }

    /// <summary>Whether an SSRC is one of ours, that of a stream or of its retransmissions.</summary>
    public bool SendsWith(uint ssrc)
    {
        foreach (TrackForwarder forwarder in Volatile.Read(ref _snapshot).Forwarders)
        {
            if (forwarder.Ssrc == ssrc || forwarder.RtxSsrc == ssrc)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes up a forwarder; <c>false</c> after <see cref="Close"/>.</summary>
    /// <exception cref="InvalidOperationException">Its SSRC is in use: it was not allocated here.</exception>
    public bool TryAdd(TrackForwarder forwarder)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return false;
            }

            int index = ~Array.BinarySearch(_snapshot.Ssrcs, forwarder.Ssrc);
            if (index < 0)
            {
                throw new InvalidOperationException("The SSRC is in use already.");
            }

            TrackForwarder[] old = _snapshot.Forwarders;
            Swap([.. old[..index], forwarder, .. old[index..]]);
            return true;
        }
    }

    public void Remove(TrackForwarder forwarder)
    {
        lock (_lock)
        {
            Swap([.. _snapshot.Forwarders.Where(other => other != forwarder)]);
        }
    }

    /// <summary>Refuses forwarders from now on; returns those that are there.</summary>
    public IReadOnlyList<TrackForwarder> Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            return _snapshot.Forwarders;
        }
    }

    private void Swap(TrackForwarder[] forwarders) =>
        Volatile.Write(ref _snapshot, new([.. forwarders.Select(forwarder => forwarder.Ssrc)], forwarders));

    private sealed record Snapshot(uint[] Ssrcs, TrackForwarder[] Forwarders);
}
