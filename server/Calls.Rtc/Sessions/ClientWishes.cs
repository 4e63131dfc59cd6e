using Calls.Rtc.Sfu;

namespace Calls.Rtc.Sessions;

/// <summary>What a client says of itself outside of descriptions: candidates, mute, and which streams are its screen and camera (media.md 6.2).</summary>
/// <remarks>Owned by one session's mailbox.</remarks>
internal sealed class ClientWishes(MediaParticipant participant)
{
    /// <summary>Candidates looked at per client (media.md 9.2).</summary>
    public const int MaxRemoteCandidates = 50;

    /// <summary>Candidates that the client sent.</summary>
    public int RemoteCandidates { get; private set; }

    /// <returns><c>false</c>: the message could not be used.</returns>
    public bool TryApply(RtcMessageType type, ReadOnlySpan<byte> data)
    {
        switch (type)
        {
            case RtcMessageType.Ice:
                // A lite agent needs none of them: they are validated, counted and left alone.
                return ++RemoteCandidates <= MaxRemoteCandidates && CandidateMessage.IsValid(data);
            case RtcMessageType.Mute:
                participant.Muted = true;
                return true;
            case RtcMessageType.Unmute:
                participant.Muted = false;
                return true;
            case RtcMessageType.ScreenOn:
                return TrySetStream(data, "screenStreamID"u8, participant.SetScreenStream);
            case RtcMessageType.ScreenOff:
                participant.SetScreenStream(null);
                return true;
            case RtcMessageType.VideoOn:
                return TrySetStream(data, "videoStreamID"u8, participant.SetVideoStream);
            case RtcMessageType.VideoOff:
                participant.SetVideoStream(null);
                return true;
            default:
                return false;
        }
    }

    private static bool TrySetStream(ReadOnlySpan<byte> json, ReadOnlySpan<byte> key, Action<string?> set)
    {
        if (!StreamIdMessage.TryParse(json, key, out string? streamId))
        {
            return false;
        }

        set(streamId);
        return true;
    }
}
