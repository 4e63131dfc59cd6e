using Calls.Rtc.Sctp;

namespace Calls.Rtc.DataChannels;

/// <summary>What an endpoint tells its owner, from within its methods. All but <see cref="SendPacket"/> may send in return.</summary>
public interface IDataChannelEvents
{
    /// <summary>One SCTP packet for one DTLS record; valid during the call only.</summary>
    void SendPacket(ReadOnlySpan<byte> packet);

    /// <summary><c>calls-dc</c> can be used. Called at most once.</summary>
    void OnOpen();

    /// <summary>A message of the peer. Pings have been answered and do not get here.</summary>
    void OnMessage(CallsChannelMessage message);

    /// <summary>A message was ignored; for a log line at debug level, with a limited rate.</summary>
    void OnMessageIgnored(CallsChannelResult reason);

    /// <summary>The peer has received all messages up to this number (media.md 3.7).</summary>
    void OnAcknowledged(long throughMessageNumber);

    /// <summary>The peer closed <c>calls-dc</c>. The session stays up but cannot negotiate any more (media.md 5.1).</summary>
    void OnChannelClosed();

    /// <summary>The association is over, and with it the session. Called once.</summary>
    void OnAssociationClosed(SctpCloseReason reason);
}
