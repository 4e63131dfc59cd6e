using System.Collections.Concurrent;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Transport;

/// <summary>Registers whoever sends STUN as session "peer", sends everything back and tells the test what it saw.</summary>
internal sealed class EchoHandler : IDatagramHandler
{
    /// <summary>Kind, loop, session and first bytes of every packet delivered.</summary>
    public BlockingCollection<Seen> Packets { get; } = [];

    public BlockingCollection<long> Ticks { get; } = [];

    /// <summary>STUN is answered, but its sender not registered.</summary>
    public bool LeavesUnregistered { get; set; }

    /// <summary>Checks prove nothing, and are not answered.</summary>
    public bool RefusesChecks { get; set; }

    /// <summary>Paths whose connection ended while it was registered.</summary>
    public BlockingCollection<TransportPath> ClosedPaths { get; } = [];

    public Exception? Throws { get; set; }

    public bool OnStun(MediaLoop loop, Span<byte> datagram, in DatagramSource source, long nowMs)
    {
        if (RefusesChecks)
        {
            return false;
        }

        TransportPath path = source.PathFor("peer");
        if (!LeavesUnregistered && source.Path is null)
        {
            loop.Register(path, "peer");
        }

        Echo(loop, datagram, path, PacketKind.Stun, source.Session);
        return true;
    }

    public void OnPathClosed(MediaLoop loop, TransportPath path, object session, long nowMs) => ClosedPaths.Add(path);

    public void OnDtls(MediaLoop loop, Span<byte> datagram, TransportPath path, object session, long nowMs) =>
        Echo(loop, datagram, path, PacketKind.Dtls, session);

    public void OnRtp(MediaLoop loop, Span<byte> datagram, TransportPath path, object session, long nowMs) =>
        Echo(loop, datagram, path, PacketKind.Rtp, session);

    public void OnRtcp(MediaLoop loop, Span<byte> datagram, TransportPath path, object session, long nowMs) =>
        Echo(loop, datagram, path, PacketKind.Rtcp, session);

    /// <summary>What ticks answer: whether the next one is wanted in time.</summary>
    public bool IsPunctual { get; set; } = true;

    public bool OnTick(MediaLoop loop, long nowMs)
    {
        Ticks.Add(nowMs);
        return IsPunctual;
    }

    public Seen Next()
    {
        Assert.True(Packets.TryTake(out Seen? seen, TimeSpan.FromSeconds(10)), "no packet was delivered");
        return seen;
    }

    private void Echo(MediaLoop loop, Span<byte> datagram, TransportPath path, PacketKind kind, object? session)
    {
        if (Throws is not null)
        {
            throw Throws;
        }

        datagram.CopyTo(loop.Reserve());
        loop.Commit(datagram.Length, path);
        Packets.Add(new(kind, loop.Index, session, path, Convert.ToHexString(datagram)));
    }

    internal sealed record Seen(PacketKind Kind, int Loop, object? Session, TransportPath Path, string Hex);
}
