namespace Calls.Domain.Ports;

/// <summary>Where the media of a call's sessions lives: in this process, on another node, or on rtcd.</summary>
public interface IMediaRouter
{
    /// <summary>Creates the media session.</summary>
    /// <exception cref="MediaUnavailableException">It cannot be created; the text says why.</exception>
    Task InitSessionAsync(MediaSession session, CancellationToken cancellation);

    /// <summary>Ends the media session; <see cref="IMediaEvents.OnSessionClosed"/> follows exactly once if it existed.</summary>
    void CloseSession(SessionId session);

    /// <summary>Hands a message to the session's media, in order with earlier ones. Unknown sessions are ignored.</summary>
    void Send(SessionId session, MediaMessage message, ReadOnlyMemory<byte> data = default);

    /// <summary>Time since the client's last authenticated packet; <c>null</c> if the session has no media (signaling.md 6.2, grace).</summary>
    TimeSpan? SilentFor(SessionId session);
}

/// <summary>What the media side reports. Called from its threads; must not block.</summary>
public interface IMediaEvents
{
    /// <summary>A description or candidate for the client: the JSON text of a <c>signal</c> event (signaling.md 4.4).</summary>
    void OnSignal(SessionId session, ReadOnlyMemory<byte> json);

    void OnVoiceActivity(SessionId session, bool speaking);

    void OnSessionClosed(SessionId session);
}

/// <summary>What a media session is created with.</summary>
public sealed record MediaSession(SessionId Id, CallId Call, ChannelId Channel, UserId User, bool Av1Support, bool DcSignaling, bool IsBot = false);

/// <summary>Messages from a client's signaling to its media.</summary>
public enum MediaMessage
{
    /// <summary>UTF-8 JSON <c>{"type","sdp"}</c>.</summary>
    Sdp,

    /// <summary>UTF-8 JSON of an RTCIceCandidateInit.</summary>
    Ice,

    Mute,
    Unmute,

    /// <summary>UTF-8 JSON <c>{"screenStreamID"}</c>, passed on as received.</summary>
    ScreenOn,

    ScreenOff,

    /// <summary>UTF-8 JSON <c>{"videoStreamID"}</c>, passed on as received.</summary>
    VideoOn,

    VideoOff,
}

/// <summary>A media session could not be created.</summary>
public sealed class MediaUnavailableException(string message) : Exception(message);
