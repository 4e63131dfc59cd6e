namespace Calls.Rtc;

/// <summary>What a session is and whom it belongs to (media.md 6.2). All ids are opaque, non-empty text.</summary>
/// <param name="GroupId">The installation; <c>default</c> in integrated mode.</param>
/// <param name="CallId">Sessions with the same group and call hear each other.</param>
/// <param name="UserId">The user, carried for logs and API answers only.</param>
/// <param name="SessionId">Unique per server; also the stream id other clients see. Must not contain <c>_</c>.</param>
/// <param name="ChannelId">The channel, carried for API answers only.</param>
/// <param name="Av1Support">The client can decode AV1 (fixed at join).</param>
/// <param name="DcSignaling">Server offers go over the data channel (fixed at join).</param>
/// <param name="IsBot">Receives every voice on a track of its own, also where others hear the loudest only (media.md 8.8).</param>
public sealed record RtcSessionConfig(
    string GroupId,
    string CallId,
    string UserId,
    string SessionId,
    string ChannelId = "",
    bool Av1Support = false,
    bool DcSignaling = false,
    bool IsBot = false);

/// <summary>Kinds of message between a host and the media server, with the numbers of rtcd's envelope (media.md 6.2).</summary>
public enum RtcMessageType : byte
{
    /// <summary>In: an RTCIceCandidateInit as JSON. Out: <c>{"type":"candidate","candidate":{...}}</c>.</summary>
    Ice = 1,

    /// <summary>JSON <c>{"type":"offer"|"answer","sdp":"..."}</c>, both ways.</summary>
    Sdp = 2,

    Mute = 3,
    Unmute = 4,

    /// <summary>In: JSON <c>{"screenStreamID":"..."}</c>.</summary>
    ScreenOn = 5,

    ScreenOff = 6,

    /// <summary>Out only, no data.</summary>
    VoiceOn = 7,

    /// <summary>Out only, no data.</summary>
    VoiceOff = 8,

    /// <summary>In: JSON <c>{"videoStreamID":"..."}</c>.</summary>
    VideoOn = 9,

    VideoOff = 10,
}

/// <summary>Why a session ended.</summary>
public enum RtcCloseReason
{
    /// <summary><see cref="IRtcServer.CloseSession"/> was called.</summary>
    Requested,

    /// <summary>No offer within 10 s, a bad first offer, or three offers of ours without an answer.</summary>
    Signaling,

    /// <summary>No authenticated check for 30 s, or none ever.</summary>
    IceFailed,

    /// <summary>The handshake failed, or the certificate does not match the signaled fingerprint.</summary>
    DtlsFailed,

    /// <summary>The client closed the peer connection (SCTP ABORT or DTLS close_notify).</summary>
    ClosedByPeer,

    /// <summary>The data channel did not open within 20 s of the first answer.</summary>
    DataChannelTimeout,

    /// <summary>The media server is stopping.</summary>
    ServerStopped,
}

/// <summary>The media server as its hosts see it: the plugin backend in process, or the rtcd API.</summary>
public interface IRtcServer
{
    /// <summary>Creates a session; negotiation starts when the client's first offer arrives through <see cref="Send"/>.</summary>
    /// <exception cref="RtcException">Empty id (<c>invalid session config: ...</c>) or <c>user session already exists</c>.</exception>
    void InitSession(RtcSessionConfig config);

    /// <summary>Ends a session. Unknown ids are ignored. <see cref="IRtcEvents.OnSessionClosed"/> follows exactly once.</summary>
    void CloseSession(string sessionId);

    /// <summary>Hands a message to a session's mailbox in order. <c>false</c>: unknown session, or its mailbox is full.</summary>
    bool Send(string sessionId, RtcMessageType type, ReadOnlyMemory<byte> data = default);

    /// <summary>Sessions of a call, empty if there is none.</summary>
    IReadOnlyList<RtcSessionConfig> GetSessions(string groupId, string callId);

    /// <summary>Time since the last authenticated packet (STUN, DTLS, SRTP) of the client; <c>null</c> for an unknown session.</summary>
    TimeSpan? SilentFor(string sessionId);
}

/// <summary>What the media server tells its host. Called from media server threads; must not block.</summary>
public interface IRtcEvents
{
    void OnMessage(RtcSessionConfig session, RtcMessageType type, ReadOnlyMemory<byte> data);

    void OnSessionClosed(RtcSessionConfig session, RtcCloseReason reason);
}

/// <summary>A call of the API that cannot be carried out; the text names the reason.</summary>
public sealed class RtcException(string message) : Exception(message);
