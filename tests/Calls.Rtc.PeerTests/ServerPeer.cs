using Calls.Rtc.Sessions;
using Calls.Rtc.Sfu;

namespace Calls.Rtc.PeerTests;

/// <summary>The server's side of one participant, and what it has said.</summary>
internal sealed class ServerPeer(RtcSession session)
{
    /// <summary>Reading it is safe between two steps of the call.</summary>
    public SessionControl Control => session.Control;

    public RtcSession Session => session;

    public MediaParticipant Participant => session.Participant;

    public List<RtcCloseReason> Closed { get; } = [];

    public List<(RtcMessageType Type, string Json)> SentToClient { get; } = [];

    public List<bool> VoiceActivity { get; } = [];

    /// <summary>DTLS datagrams sent to the client.</summary>
    public int DtlsSent { get; set; }

    /// <summary>Addresses whose checks were answered.</summary>
    public HashSet<TransportAddress> Validated { get; } = [];

    public int ChecksAnswered { get; set; }

    /// <summary>The user fragments in the server's descriptions, oldest first.</summary>
    public IReadOnlyList<string> Ufrags =>
    [
        .. SentToClient
            .Where(static sent => sent.Type == RtcMessageType.Sdp)
            .Select(static sent => sent.Json.Split("a=ice-ufrag:")[1].Split("\\r")[0])
            .Distinct(),
    ];

    /// <summary>What the server's last description says of its ICE side.</summary>
    public (string Ufrag, string Password) Credentials
    {
        get
        {
            string json = SentToClient.Last(static sent => sent.Type == RtcMessageType.Sdp && sent.Json.Contains("a=ice-pwd:", StringComparison.Ordinal)).Json;
            return (json.Split("a=ice-ufrag:")[1].Split("\\r")[0], json.Split("a=ice-pwd:")[1].Split("\\r")[0]);
        }
    }

    /// <summary>Offers that went over signaling.</summary>
    public int OffersSignaled => SentToClient.Count(static sent => sent.Json.Contains("\"offer\"", StringComparison.Ordinal));
}
