using System.Text;
using Calls.Domain;
using Calls.Domain.Events;
using Calls.Domain.Jobs;

namespace Calls.Server.Signaling;

/// <summary>Names and <c>data</c> of events (signaling.md 4.2), without <c>channelID</c>, which depends on the scope.</summary>
internal static class EventData
{
    /// <summary>Voice and reactions are the first to go on a slow socket, and may be lost between nodes.</summary>
    public static bool IsDroppable(CallEvent callEvent) =>
        callEvent is Reacted or SessionChanged { Change: SessionChange.VoiceOn or SessionChange.VoiceOff };

    public static (string Name, Dictionary<string, object?> Data) Of(CallEvent callEvent, BotUsers bots) => callEvent switch
    {
        SessionChanged e => (NameOf(e.Change), new() { ["userID"] = e.User.Value, ["session_id"] = e.Session.Value }),
        JoinAccepted e => ("join", new() { ["connID"] = e.Session.Value }),
        MediaSignal e => ("signal", new() { ["connID"] = e.Session.Value, ["data"] = Encoding.UTF8.GetString(e.Json.Span) }),
        UserJoined e => ("user_joined", new() { ["user_id"] = e.User.Value, ["session_id"] = e.Session.Value }),
        UserLeft e => ("user_left", LeftData(e)),
        HostChanged e => ("call_host_changed", new() { ["hostID"] = e.Host?.Value ?? string.Empty, ["call_id"] = e.Call.Value }),
        CallStarted e => ("call_start", StartData(e.Call)),
        CallStateSent e => ("call_state", new()
        {
            ["channel_id"] = e.Call.Channel.Value,
            ["call"] = CallStateDocument.ToJson(e.Call, e.Receiver, bots),
        }),
        CallEndRequested => ("call_end", []),
        ScreenShareLost => ("user_screen_off", []),
        HandChanged e => (e.RaisedAt == 0 ? "user_unraise_hand" : "user_raise_hand", new()
        {
            ["userID"] = e.User.Value,
            ["session_id"] = e.Session.Value,
            ["raised_hand"] = e.RaisedAt,
        }),
        Reacted e => ("user_reacted", new()
        {
            ["user_id"] = e.User.Value,
            ["session_id"] = e.Session.Value,
            ["emoji"] = EmojiData(e.Emoji),
            ["timestamp"] = e.At,
        }),
        CaptionSpoken e => ("caption", new()
        {
            ["channel_id"] = e.Channel.Value,
            ["user_id"] = e.User.Value,
            ["session_id"] = e.Session.Value,
            ["text"] = e.Text,
        }),
        NotificationDismissed e => ("user_dismissed_notification", new() { ["userID"] = e.User.Value, ["callID"] = e.Call.Value }),
        HostMuteRequested e => ("host_mute", new() { ["channel_id"] = e.Channel.Value, ["session_id"] = e.Session.Value }),
        HostScreenOffRequested e => ("host_screen_off", new() { ["channel_id"] = e.Channel.Value, ["session_id"] = e.Session.Value }),
        HostLowerHandRequested e => ("host_lower_hand", new()
        {
            ["call_id"] = e.Call.Value,
            ["channel_id"] = e.Channel.Value,
            ["session_id"] = e.Session.Value,
            ["host_id"] = e.Requester.Value,
        }),
        HostRemovedSession e => ("host_removed", new()
        {
            ["call_id"] = e.Call.Value,
            ["channel_id"] = e.Channel.Value,
            ["session_id"] = e.Session.Value,
            ["user_id"] = e.User.Value,
        }),
        JobStateChanged e => ("call_job_state", new() { ["callID"] = e.Channel.Value, ["jobState"] = JobData(e.Job) }),
        JobStopRequested e => ("job_stop", new() { ["job_id"] = e.Job.Value }),
        CallsEnabledChanged e => (e.IsEnabled ? "channel_enable_voice" : "channel_disable_voice", []),
        _ => throw new InvalidOperationException($"Unmapped event {callEvent.GetType().Name}."),
    };

    private static string NameOf(SessionChange change) => change switch
    {
        SessionChange.Muted => "user_muted",
        SessionChange.Unmuted => "user_unmuted",
        SessionChange.VoiceOn => "user_voice_on",
        SessionChange.VoiceOff => "user_voice_off",
        SessionChange.ScreenOn => "user_screen_on",
        SessionChange.ScreenOff => "user_screen_off",
        SessionChange.VideoOn => "user_video_on",
        SessionChange.VideoOff => "user_video_off",
        _ => throw new InvalidOperationException($"Unmapped change {change}."),
    };

    private static Dictionary<string, object?> LeftData(UserLeft left)
    {
        Dictionary<string, object?> data = new() { ["user_id"] = left.User.Value, ["session_id"] = left.Session.Value };
        if (left.Audience is EventAudience.OfUser)
        {
            // A user who is no longer a member gets it by name, and needs the channel all the same (signaling.md 4.5).
            data["channelID"] = left.Channel.Value;
        }

        return data;
    }

    private static Dictionary<string, object?> StartData(CallState call) => new()
    {
        ["id"] = call.Id.Value,
        ["start_at"] = call.StartAt,
        ["thread_id"] = call.Thread?.Value ?? string.Empty,
        ["post_id"] = call.Post?.Value ?? string.Empty,
        ["owner_id"] = call.Owner.Value,
        ["host_id"] = call.Host?.Value ?? string.Empty,
    };

    // The error is there even if there is none; in the call's state it is not (signaling.md 5).
    private static Dictionary<string, object?> JobData(CallJob job) => new()
    {
        ["type"] = JobDocument.TypeOf(job.Kind),
        ["init_at"] = job.InitAt,
        ["start_at"] = job.StartAt,
        ["end_at"] = job.EndAt,
        ["err"] = job.Error,
    };

    private static Dictionary<string, object?> EmojiData(Emoji emoji) => new()
    {
        ["name"] = emoji.Name,
        ["skin"] = emoji.Skin,
        ["unified"] = emoji.Unified,
        ["literal"] = emoji.Literal,
    };
}
