using Calls.Rtc.Ice;

namespace Calls.Rtc.Sessions;

/// <summary>What a session's transport does to the outside.</summary>
internal interface ISessionTransportOutput
{
    /// <summary>Sends a DTLS datagram to where the client is.</summary>
    void SendDatagram(ReadOnlySpan<byte> datagram);

    /// <summary>Checks for these credentials belong to this session from now on.</summary>
    void OnLocalCredentials(IceCredentials credentials);

    /// <summary>Something authenticated arrived outside the media path.</summary>
    void OnAuthenticatedPacket(long nowMs);

    /// <summary>One SCTP packet: the plaintext of a DTLS record.</summary>
    void OnApplicationData(ReadOnlySpan<byte> data);

    /// <summary>Nothing will come or go any more.</summary>
    void OnTransportEnded(RtcCloseReason reason);
}
