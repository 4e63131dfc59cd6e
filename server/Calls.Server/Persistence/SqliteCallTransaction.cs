using Calls.Domain;
using Calls.Domain.Jobs;
using Calls.Domain.Ports;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Calls.Server.Persistence;

/// <summary>A write transaction of the SQLite store. SQLite works synchronously; the methods complete before they return.</summary>
internal sealed class SqliteCallTransaction(IDisposable turn, SqliteConnection connection, SqliteTransaction transaction, ChannelId channel)
    : ICallTransaction
{
    private const string InsertCall = """
        INSERT INTO calls (id, channelid, startat, endat, createat, deleteat, title, postid, threadid, ownerid, participants, stats, props)
        VALUES (@Id, @Channel, @StartAt, @EndAt, @StartAt, 0, '', @Post, @Thread, @Owner, @Participants, @Stats, @Props)
        """;

    private const string UpdateCall = """
        UPDATE calls SET endat = @EndAt, postid = @Post, threadid = @Thread, participants = @Participants, stats = @Stats, props = @Props
        WHERE id = @Id
        """;

    // A call of another writer has no assignment yet.
    private const string PutAssignment = """
        INSERT INTO calls_assignments (call_id, kind, fence, state, assigned_at, lost_at, event_seq, channel_type)
        VALUES (@Id, 'node', 1, @Phase, @StartAt, @LostAt, @EventNumber, @Kind)
        ON CONFLICT (call_id) DO UPDATE SET state = excluded.state, lost_at = excluded.lost_at, event_seq = excluded.event_seq
        """;

    private const string InsertSession = """
        INSERT INTO calls_sessions (id, callid, userid, joinat, unmuted, raisedhand, video)
        VALUES (@Id, @Call, @User, @JoinedAt, @Unmuted, @RaisedHand, @Video)
        """;

    private const string UpdateSession =
        "UPDATE calls_sessions SET unmuted = @Unmuted, raisedhand = @RaisedHand, video = @Video WHERE id = @Id";

    private const string PutBinding = """
        INSERT INTO calls_bindings (session_id, call_id, user_id, ws_conn_id, binding, ws_state, ws_down_at, media_state)
        VALUES (@Id, @Call, @User, @Connection, @Binding, @SocketState, @SocketDownAt, @MediaState)
        ON CONFLICT (session_id) DO UPDATE SET ws_conn_id = excluded.ws_conn_id, binding = excluded.binding,
            ws_state = excluded.ws_state, ws_down_at = excluded.ws_down_at, media_state = excluded.media_state
        """;

    private const string DeleteSession = "DELETE FROM calls_sessions WHERE id = @Id";
    private const string DeleteBinding = "DELETE FROM calls_bindings WHERE session_id = @Id";

    private const string InsertJob = """
        INSERT INTO calls_jobs (id, callid, type, creatorid, initat, startat, endat, props)
        VALUES (@Id, @Call, @Type, @Creator, @InitAt, @StartAt, @EndAt, @Props)
        """;

    private const string UpdateJob = "UPDATE calls_jobs SET startat = @StartAt, endat = @EndAt, props = @Props WHERE id = @Id";

    private const string DeleteCall = """
        DELETE FROM calls_bindings WHERE call_id = @Id;
        DELETE FROM calls_sessions WHERE callid = @Id;
        DELETE FROM calls_jobs WHERE callid = @Id;
        DELETE FROM calls_assignments WHERE call_id = @Id;
        DELETE FROM calls WHERE id = @Id;
        """;

    public Task<CallState?> GetActiveCallAsync(CancellationToken cancellation) => Task.FromResult(
        SqliteFailure.Wrap(StoreOperation.Read, () => SqliteCallQueries.ActiveCall(connection, transaction, channel)));

    public Task SaveAsync(CallState? before, CallState after, CancellationToken cancellation)
    {
        SaveCall(before, after);
        foreach (CallSession session in after.Sessions.Values)
        {
            CallSession? old = before?.Sessions.GetValueOrDefault(session.Id);
            if (session != old)
            {
                SaveSession(after.Id, session, isNew: old is null);
            }
        }

        foreach (CallSession gone in before?.Sessions.Values ?? [])
        {
            if (!after.Sessions.ContainsKey(gone.Id))
            {
                Execute(StoreOperation.DeleteSession, DeleteSession, new { Id = gone.Id.Value });
                Execute(StoreOperation.DeleteSession, DeleteBinding, new { Id = gone.Id.Value });
            }
        }

        foreach (CallJob job in after.Jobs.Values)
        {
            CallJob? old = before?.Jobs.GetValueOrDefault(job.Id);
            if (job != old)
            {
                SaveJob(after.Id, job, isNew: old is null);
            }
        }

        return Task.CompletedTask;
    }

    public Task DiscardAsync(CallId call, CancellationToken cancellation)
    {
        Execute(StoreOperation.UpdateCall, DeleteCall, new { Id = call.Value });
        return Task.CompletedTask;
    }

    public Task CommitAsync(CancellationToken cancellation)
    {
        SqliteFailure.Wrap(StoreOperation.UpdateCall, () =>
        {
            transaction.Commit();
            return true;
        });
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        try
        {
            // Rolls back what was not committed.
            transaction.Dispose();
            connection.Dispose();
        }
        finally
        {
            turn.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private void SaveCall(CallState? before, CallState after)
    {
        var row = new
        {
            Id = after.Id.Value,
            Channel = after.Channel.Value,
            after.StartAt,
            after.EndAt,
            Post = after.Post?.Value ?? string.Empty,
            Thread = after.Thread?.Value ?? string.Empty,
            Owner = after.Owner.Value,
            Participants = CallMapping.ParticipantsOf(after),
            Stats = CallMapping.StatsOf(after),
            Props = CallMapping.PropsOf(after),
            Phase = CallMapping.PhaseOf(after),
            LostAt = after.LostAt == 0 ? (long?)null : after.LostAt,
            after.EventNumber,
            Kind = CallMapping.KindOf(after),
        };
        if (before is null)
        {
            Execute(StoreOperation.CreateCall, InsertCall, row);
        }
        else
        {
            Execute(StoreOperation.UpdateCall, UpdateCall, row);
        }

        Execute(before is null ? StoreOperation.CreateCall : StoreOperation.UpdateCall, PutAssignment, row);
    }

    private void SaveSession(CallId call, CallSession session, bool isNew)
    {
        StoreOperation operation = isNew ? StoreOperation.CreateSession : StoreOperation.UpdateSession;
        var row = new
        {
            Id = session.Id.Value,
            Call = call.Value,
            User = session.User.Value,
            session.JoinedAt,
            Unmuted = session.IsUnmuted,
            RaisedHand = session.RaisedHandAt,
            Video = session.HasVideo,
            Connection = session.Connection.Value,
            session.Binding,
            SocketState = session.SocketDownAt == 0 ? "up" : "down",
            SocketDownAt = session.SocketDownAt == 0 ? (long?)null : session.SocketDownAt,
            MediaState = session.IsMediaLost ? "lost" : "up",
        };
        Execute(operation, isNew ? InsertSession : UpdateSession, row);
        Execute(operation, PutBinding, row);
    }

    private void SaveJob(CallId call, CallJob job, bool isNew)
    {
        var row = new
        {
            Id = job.Id.Value,
            Call = call.Value,
            Type = JobMapping.TypeOf(job.Kind),
            Creator = job.Creator.Value,
            job.InitAt,
            job.StartAt,
            job.EndAt,
            Props = JobMapping.PropsOf(job),
        };
        Execute(isNew ? StoreOperation.CreateJob : StoreOperation.UpdateJob, isNew ? InsertJob : UpdateJob, row);
    }

    private void Execute(StoreOperation operation, string sql, object parameters) =>
        SqliteFailure.Wrap(operation, () => connection.Execute(sql, parameters, transaction));
}
