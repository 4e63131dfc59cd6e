namespace Calls.Rtc.Dtls;

/// <summary>Where a <see cref="DtlsSession"/> puts its results, during the call that causes them.</summary>
/// <remarks>Spans are valid for the duration of the call only. An implementation may call the session again, even dispose it.</remarks>
public interface IDtlsOutput
{
    /// <summary>One datagram for the peer, at most <see cref="DtlsSession.Mtu"/> bytes unless it carries larger application data.</summary>
    void SendDatagram(ReadOnlySpan<byte> datagram);

    /// <summary>The content of one application data record: an SCTP packet (RFC 8261).</summary>
    void OnApplicationData(ReadOnlySpan<byte> data);
}
