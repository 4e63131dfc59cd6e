namespace Calls.Rtc.Transport;

/// <summary>What a <see cref="MediaLoop"/> delivers to. All calls come on the loop's thread.</summary>
/// <remarks>
/// A datagram lies in a receive slot: writable, valid only during the call, with room up to
/// <see cref="PacketBuffer.Capacity"/> bytes behind its start. <c>nowMs</c> is monotonic and read once per turn of the loop.
/// Other than STUN reaches the handler only from paths registered with <see cref="MediaLoop.Register"/>.
/// </remarks>
public interface IDatagramHandler
{
    /// <summary>A datagram with the first bytes of STUN, from anybody.</summary>
    /// <returns><c>false</c>: it proves nothing. A connection that begins so is closed.</returns>
    bool OnStun(MediaLoop loop, Span<byte> datagram, in DatagramSource source, long nowMs);

    void OnDtls(MediaLoop loop, Span<byte> datagram, TransportPath path, object session, long nowMs);

    void OnRtp(MediaLoop loop, Span<byte> datagram, TransportPath path, object session, long nowMs);

    void OnRtcp(MediaLoop loop, Span<byte> datagram, TransportPath path, object session, long nowMs);

    /// <summary>A connection has ended while it was registered; it is not any more.</summary>
    void OnPathClosed(MediaLoop loop, TransportPath path, object session, long nowMs);

    /// <summary>Every <see cref="MediaTransportOptions.TickMs"/> while paths are registered, about once a second otherwise.</summary>
    /// <returns><c>false</c>: nothing waits for the next one, which may come up to <see cref="MediaTransportOptions.TickSlackMs"/> late.</returns>
    bool OnTick(MediaLoop loop, long nowMs);

    /// <summary>A time has come that was named to <see cref="MediaLoop.WakeAt"/>.</summary>
    void OnWake(MediaLoop loop, long nowMs)
    {
        // For handlers that name none.
    }
}
