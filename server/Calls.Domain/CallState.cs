using System.Collections.Immutable;
using Calls.Domain.Jobs;
using Calls.Domain.Ports;

namespace Calls.Domain;

/// <summary>Everything known about one call at one moment. Immutable; <see cref="Call"/> makes the next one.</summary>
public sealed record CallState
{
    public required CallId Id { get; init; }

    public required ChannelId Channel { get; init; }

    public required UserId Owner { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long StartAt { get; init; }

    /// <summary>Unix milliseconds; 0 while active.</summary>
    public long EndAt { get; init; }

    public PostId? Post { get; init; }

    public PostId? Thread { get; init; }

    public UserId? Host { get; init; }

    /// <summary>The user that was made host by hand and takes the role back on return.</summary>
    public UserId? LockedHost { get; init; }

    public SessionId? ScreenSharer { get; init; }

    /// <summary>Unix <b>seconds</b>, as stored by the reference.</summary>
    public long ScreenStartAt { get; init; }

    /// <summary>Sessions with video on and since when, in Unix <b>seconds</b>.</summary>
    public ImmutableDictionary<SessionId, long> VideoStartAt { get; init; } = ImmutableDictionary<SessionId, long>.Empty;

    /// <summary>Everyone who ever joined, without the bot.</summary>
    public ImmutableHashSet<UserId> Participants { get; init; } = [];

    /// <summary>Users who do not want to be rung any more.</summary>
    public ImmutableHashSet<UserId> Dismissed { get; init; } = [];

    public CallStatistics Statistics { get; init; } = new();

    public ImmutableDictionary<SessionId, CallSession> Sessions { get; init; } = ImmutableDictionary<SessionId, CallSession>.Empty;

    /// <summary>Active jobs, and those that ended in the change that led to this state; a call that is read has active ones only.</summary>
    public ImmutableDictionary<JobId, CallJob> Jobs { get; init; } = ImmutableDictionary<JobId, CallJob>.Empty;

    public CallPhase Phase { get; init; } = CallPhase.Active;

    /// <summary>When the media was lost, in Unix milliseconds; only in <see cref="CallPhase.Lost"/>.</summary>
    public long LostAt { get; init; }

    /// <summary>Number of the last event of this call (modes.md 14).</summary>
    public long EventNumber { get; init; }

    /// <summary>Kind of the channel at the first join, kept for the statistics.</summary>
    public ChannelKind? ChannelKind { get; init; }

    /// <summary>The active job of a kind.</summary>
    public CallJob? ActiveJob(JobKind kind)
    {
        foreach (CallJob job in Jobs.Values)
        {
            if (job.Kind == kind && job.IsActive)
            {
                return job;
            }
        }

        return null;
    }

    /// <summary>Distinct users with a session in the call, without the bots.</summary>
    public IReadOnlyList<UserId> UsersInCall(BotUsers bots)
    {
        HashSet<UserId> users = [];
        foreach (CallSession session in Sessions.Values)
        {
            if (!bots.Contains(session.User))
            {
                users.Add(session.User);
            }
        }

        return [.. users];
    }

    public bool HasSessionOf(UserId user)
    {
        foreach (CallSession session in Sessions.Values)
        {
            if (session.User == user)
            {
                return true;
            }
        }

        return false;
    }
}
