namespace Calls.Rtc.Sctp;

/// <summary>
/// What an association does, called from within its methods. Spans are valid during the call only. All methods but
/// <see cref="SendPacket"/> may call <c>Send</c>, <see cref="SctpAssociation.ResetStream"/> and <see cref="SctpAssociation.Abort"/>.
/// </summary>
public interface ISctpOutput
{
    /// <summary>One SCTP packet for one DTLS record.</summary>
    void SendPacket(ReadOnlySpan<byte> packet);

    /// <summary>Data can be sent from now on. Called once.</summary>
    void OnEstablished();

    /// <summary>A whole message of the peer.</summary>
    void OnMessage(ushort streamId, uint ppid, ReadOnlySpan<byte> message);

    /// <summary>The peer has acknowledged every byte of all messages up to this number.</summary>
    void OnAcknowledged(long throughMessageNumber);

    /// <summary>The peer reset its outgoing stream (RFC 6525): it will send no more on it, a data channel is being closed.</summary>
    void OnStreamReset(ushort streamId);

    /// <summary>The association is over. Called once; what was queued is lost.</summary>
    void OnClosed(SctpCloseReason reason);
}
