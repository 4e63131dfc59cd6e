using Calls.Rtc.Sfu;

namespace Calls.Rtc.Sessions;

/// <summary>One item of a session's mailbox.</summary>
/// <param name="Buffer">Of <see cref="SessionWorkKind.Dtls"/>: rented, its first <paramref name="Length"/> bytes count.</param>
internal readonly record struct SessionWork(
    SessionWorkKind Kind,
    RtcMessageType MessageType = default,
    ReadOnlyMemory<byte> Data = default,
    byte[]? Buffer = null,
    int Length = 0,
    PublishedTrack? Track = null,
    RtcCloseReason Reason = default);

internal enum SessionWorkKind : byte
{
    /// <summary>A message from the client's signaling.</summary>
    Message,

    /// <summary>A DTLS datagram.</summary>
    Dtls,

    /// <summary>The first path to the client became valid.</summary>
    PathValidated,

    TrackStarted,
    TrackEnded,
    Deadline,
    Close,
}
