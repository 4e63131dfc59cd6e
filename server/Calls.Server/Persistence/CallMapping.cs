using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Calls.Domain;
using Calls.Domain.Jobs;
using Calls.Domain.Ports;

namespace Calls.Server.Persistence;

/// <summary>Between a call and its rows (storage-and-jobs.md 2). The same for every database.</summary>
internal static class CallMapping
{
    private static readonly JsonSerializerOptions OmitNull = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private static readonly JsonSerializerOptions OmitDefault = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };
    private static readonly JsonElement EmptyObject = JsonSerializer.SerializeToElement(new Dictionary<string, string>());

    public static CallState ToState(CallRow row, IEnumerable<SessionRow> sessions, IEnumerable<JobRow> jobs)
    {
        CallProps props = Read<CallProps>(row.Props) ?? new CallProps();
        CallStats stats = Read<CallStats>(row.Stats) ?? new CallStats();
        return new CallState
        {
            Id = new CallId(row.Id),
            Channel = new ChannelId(row.ChannelId),
            Owner = new UserId(row.OwnerId),
            StartAt = row.StartAt,
            EndAt = row.EndAt,
            Post = Id(row.PostId) is { } post ? new PostId(post) : null,
            Thread = Id(row.ThreadId) is { } thread ? new PostId(thread) : null,
            Host = props.Hosts is [var host, ..] ? new UserId(host) : null,
            LockedHost = Id(props.LockedHost) is { } locked ? new UserId(locked) : null,
            ScreenSharer = Id(props.ScreenSharer) is { } sharer ? new SessionId(sharer) : null,
            ScreenStartAt = props.ScreenStartAt ?? 0,
            VideoStartAt = (props.VideoStartAt ?? []).ToImmutableDictionary(entry => new SessionId(entry.Key), entry => entry.Value),
            Participants = ReadParticipants(row, props),
            Dismissed = [.. (props.Dismissed ?? []).Where(entry => entry.Value).Select(entry => new UserId(entry.Key))],
            Statistics = new CallStatistics(stats.ScreenDuration, stats.VideoDuration, stats.HasUsedVideo, stats.HasUsedScreenShare),
            Sessions = sessions.Select(ToSession).ToImmutableDictionary(session => session.Id),
            Jobs = jobs.Select(JobMapping.ToJob).OfType<CallJob>().ToImmutableDictionary(job => job.Id),
            Phase = ToPhase(row),
            LostAt = row.LostAt ?? 0,
            EventNumber = row.EventSeq ?? 0,
            ChannelKind = ToKind(row.ChannelType),
        };
    }

    public static string PropsOf(CallState call)
    {
        bool isActive = call.EndAt == 0;
        return JsonSerializer.Serialize(
            new CallProps
            {
                Hosts = call.Host is { } host ? [host.Value] : null,
                LockedHost = call.LockedHost?.Value,
                ScreenSharer = call.ScreenSharer?.Value,
                ScreenStartAt = call.ScreenStartAt == 0 ? null : call.ScreenStartAt,
                VideoStartAt = call.VideoStartAt.IsEmpty ? null : call.VideoStartAt.ToDictionary(e => e.Key.Value, e => e.Value),
                Dismissed = call.Dismissed.IsEmpty ? null : call.Dismissed.ToDictionary(user => user.Value, _ => true),
                Participants = isActive && !call.Participants.IsEmpty
                    ? call.Participants.ToDictionary(user => user.Value, _ => EmptyObject)
                    : null,
            },
            OmitNull);
    }

    public static string StatsOf(CallState call) => JsonSerializer.Serialize(
        new CallStats
        {
            ScreenDuration = call.Statistics.ScreenDuration,
            VideoDuration = call.Statistics.VideoDuration,
            HasUsedVideo = call.Statistics.HasUsedVideo,
            HasUsedScreenShare = call.Statistics.HasUsedScreenShare,
        },
        OmitDefault);

    /// <summary>JSON <c>null</c> while the call is active, then everyone who took part.</summary>
    public static string ParticipantsOf(CallState call) =>
        call.EndAt == 0 ? "null" : JsonSerializer.Serialize(call.Participants.Select(user => user.Value));

    public static string PhaseOf(CallState call) => call.Phase switch
    {
        CallPhase.Starting => "starting",
        CallPhase.Active => "active",
        CallPhase.Lost => "lost",
        CallPhase.Ending => "ending",
        _ => "ended",
    };

    /// <summary>Mattermost's letter for the kind of a channel.</summary>
    public static string? KindOf(CallState call) => call.ChannelKind switch
    {
        ChannelKind.Public => "O",
        ChannelKind.Private => "P",
        ChannelKind.Direct => "D",
        ChannelKind.Group => "G",
        _ => null,
    };

    private static CallSession ToSession(SessionRow row) => new()
    {
        Id = new SessionId(row.Id),
        User = new UserId(row.UserId),
        JoinedAt = row.JoinAt,
        IsUnmuted = row.Unmuted ?? false,
        RaisedHandAt = row.RaisedHand ?? 0,
        HasVideo = row.Video ?? false,
        Connection = new ConnectionId(row.ConnectionId ?? row.Id),
        Binding = row.Binding ?? 1,
        SocketDownAt = row.SocketDownAt ?? 0,
        IsMediaLost = row.MediaState == "lost",
    };

    private static CallPhase ToPhase(CallRow row) => row.State switch
    {
        "starting" => CallPhase.Starting,
        "lost" => CallPhase.Lost,
        "ending" => CallPhase.Ending,
        "ended" => CallPhase.Ended,
        _ => row.EndAt == 0 ? CallPhase.Active : CallPhase.Ended,
    };

    public static ChannelKind? ToKind(string? letter) => letter switch
    {
        "O" => ChannelKind.Public,
        "P" => ChannelKind.Private,
        "D" => ChannelKind.Direct,
        "G" => ChannelKind.Group,
        _ => null,
    };

    private static ImmutableHashSet<UserId> ReadParticipants(CallRow row, CallProps props)
    {
        IEnumerable<string> users = row.EndAt == 0
            ? (props.Participants ?? []).Keys
            : Read<List<string>>(row.Participants) ?? [];
        return [.. users.Select(user => new UserId(user))];
    }

    private static string? Id(string? value) => string.IsNullOrEmpty(value) ? null : value;

    private static T? Read<T>(string? json)
        where T : class => string.IsNullOrEmpty(json) ? null : JsonSerializer.Deserialize<T>(json);
}
