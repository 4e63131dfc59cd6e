using Calls.Domain.Events;
using Calls.Domain.Ports;

namespace Calls.Domain.Sessions;

/// <summary>What a session does in its call (signaling.md 3.2).</summary>
public sealed class SessionActions(CallDirectory directory, IMediaRouter media, ICallRules rules)
{
    // The media side hears of muting and video first, of screen sharing only once no second sharer is possible (signaling.md 3.2, notes).
    public Task<SessionActionResult> MuteAsync(LocalSession session)
    {
        session.MuteRequest = null;
        media.Send(session.Id, MediaMessage.Mute);
        return ChangeAsync(session, call => call.SetMuted(session.Id, isMuted: true));
    }

    public Task<SessionActionResult> UnmuteAsync(LocalSession session)
    {
        session.MuteRequest = null;
        media.Send(session.Id, MediaMessage.Unmute);
        return ChangeAsync(session, call => call.SetMuted(session.Id, isMuted: false));
    }

    public Task<SessionActionResult> RaiseHandAsync(LocalSession session) =>
        ChangeAsync(session, call => call.RaiseHand(session.Id, directory.Now));

    public Task<SessionActionResult> LowerHandAsync(LocalSession session) =>
        ChangeAsync(session, call => call.LowerHand(session.Id));

    /// <param name="stream">The message's JSON, which the media side reads.</param>
    public Task<SessionActionResult> StartVideoAsync(LocalSession session, ReadOnlyMemory<byte> stream)
    {
        media.Send(session.Id, MediaMessage.VideoOn, stream);
        return ChangeAsync(session, call => call.StartVideo(session.Id, directory.Now));
    }

    public Task<SessionActionResult> StopVideoAsync(LocalSession session)
    {
        media.Send(session.Id, MediaMessage.VideoOff);
        return ChangeAsync(session, call => call.StopVideo(session.Id, directory.Now));
    }

    /// <param name="stream">The message's JSON, which the media side reads.</param>
    public Task<SessionActionResult> StartScreenShareAsync(LocalSession session, ReadOnlyMemory<byte> stream) =>
        ShareAsync(session, call => call.StartScreenShare(session.Id, directory.Now), MediaMessage.ScreenOn, stream);

    public Task<SessionActionResult> StopScreenShareAsync(LocalSession session) =>
        ShareAsync(session, call => call.StopScreenShare(session.Id, directory.Now), MediaMessage.ScreenOff, default);

    public void React(LocalSession session, Emoji emoji)
    {
        if (directory.ParticipantsOf(session.Channel) is { } participants)
        {
            directory.Publish(new Reacted(participants, session.User, session.Id, emoji, directory.Now));
        }
    }

    /// <summary>Passes on what the transcriber heard a session of the same call say.</summary>
    public SessionActionResult Caption(LocalSession transcriber, SessionId speaker, string text)
    {
        if (directory.Current(transcriber.Channel)?.Sessions.GetValueOrDefault(speaker) is not { } spoke
            || directory.ParticipantsOf(transcriber.Channel) is not { } participants)
        {
            return SessionActionResult.NotInCall;
        }

        directory.Publish(new CaptionSpoken(participants, transcriber.Channel, spoke.User, speaker, text));
        return SessionActionResult.Done;
    }

    private Task<SessionActionResult> ChangeAsync(LocalSession session, Action<Call> change) =>
        directory.RunAsync(session.Channel, CallDirectory.LockLimit, async work =>
        {
            if (work.Call is not { } call)
            {
                return SessionActionResult.NoCallOngoing;
            }

            if (call.Find(session.Id) is null)
            {
                return SessionActionResult.NotInCall;
            }

            change(call);
            await work.CommitAsync();
            return SessionActionResult.Done;
        });

    private async Task<SessionActionResult> ShareAsync(
        LocalSession session, Func<Call, ScreenShareResult> change, MediaMessage message, ReadOnlyMemory<byte> stream)
    {
        if (!rules.Current.AllowScreenSharing)
        {
            return SessionActionResult.ScreenSharingNotAllowed;
        }

        return await directory.RunAsync(session.Channel, CallDirectory.LockLimit, async work =>
        {
            if (work.Call is not { } call)
            {
                return SessionActionResult.NoCallOngoing;
            }

            if (call.Find(session.Id) is null)
            {
                return SessionActionResult.NotInCall;
            }

            if (change(call) == ScreenShareResult.SomebodyElseShares)
            {
                return SessionActionResult.SomebodyElseShares;
            }

            await work.CommitAsync();
            media.Send(session.Id, message, stream);
            return SessionActionResult.Done;
        });
    }
}
