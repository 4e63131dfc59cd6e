using Calls.Domain;
using Calls.Domain.Jobs;
using Calls.Domain.Ports;
using Dapper;

namespace Calls.Server.Persistence;

/// <summary>A write transaction under the lock of one channel's call.</summary>
internal sealed class SqlCallTransaction(ICallsDatabase database, WriteTransaction transaction, ChannelId channel, TimeProvider time)
    : ICallTransaction
{
    private const string InsertCall = """
        INSERT INTO calls (id, channelid, startat, endat, createat, deleteat, title, postid, threadid, ownerid, participants, stats, props)
        VALUES (@Id, @Channel, @StartAt, @EndAt, @StartAt, 0, '', @Post, @Thread, @Owner, @Participants, @Stats, @Props);

        """;

    private const string UpdateCall = """
        UPDATE calls SET endat = @EndAt, postid = @Post, threadid = @Thread, participants = @Participants, stats = @Stats, props = @Props
        WHERE id = @Id;

        """;

    // A call of another writer has no assignment yet.
    private const string PutAssignment = """
        INSERT INTO calls_assignments (call_id, kind, fence, state, assigned_at, lost_at, event_seq, channel_type)
        VALUES (@Id, 'node', 1, @Phase, @StartAt, @LostAt, @EventNumber, @Kind)
        ON CONFLICT (call_id) DO UPDATE SET state = excluded.state, lost_at = excluded.lost_at, event_seq = excluded.event_seq;

        """;

    private const string InsertSession = """
        INSERT INTO calls_sessions (id, callid, userid, joinat, unmuted, raisedhand, video)
        VALUES (@Id, @Call, @User, @JoinedAt, @Unmuted, @RaisedHand, @Video);

        """;

    private const string UpdateSession = """
        UPDATE calls_sessions SET unmuted = @Unmuted, raisedhand = @RaisedHand, video = @Video WHERE id = @Id;

        """;

    private const string PutBinding = """
        INSERT INTO calls_bindings (session_id, call_id, user_id, ws_conn_id, binding, ws_state, ws_down_at, media_state)
        VALUES (@Id, @Call, @User, @Connection, @Binding, @SocketState, @SocketDownAt, @MediaState)
        ON CONFLICT (session_id) DO UPDATE SET ws_conn_id = excluded.ws_conn_id, binding = excluded.binding,
            ws_state = excluded.ws_state, ws_down_at = excluded.ws_down_at, media_state = excluded.media_state;
        """;

    private const string DeleteSession = """
        DELETE FROM calls_sessions WHERE id = @Id;
        DELETE FROM calls_bindings WHERE session_id = @Id;
        """;

    private const string InsertJob = """
        INSERT INTO calls_jobs (id, callid, type, creatorid, initat, startat, endat, props)
        VALUES (@Id, @Call, @Type, @Creator, @InitAt, @StartAt, @EndAt, @Props);
        """;

    private const string UpdateJob = "UPDATE calls_jobs SET startat = @StartAt, endat = @EndAt, props = @Props WHERE id = @Id;";

    private const string DeleteCall = """
        DELETE FROM calls_bindings WHERE call_id = @Id;
        DELETE FROM calls_sessions WHERE callid = @Id;
        DELETE FROM calls_jobs WHERE callid = @Id;
        DELETE FROM calls_assignments WHERE call_id = @Id;
        DELETE FROM calls WHERE id = @Id;
        """;

    // How long the outcome of a commit is asked for whose connection was lost.
    private static readonly TimeSpan OutcomePatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan OutcomePause = TimeSpan.FromMilliseconds(100);

    private string? _transactionId;

    public async Task<CallState?> GetActiveCallAsync(CancellationToken cancellation)
    {
        try
        {
            return await CallQueries.ActiveCallAsync(transaction.Connection, transaction.Transaction, channel, cancellation);
        }
        catch (Exception failure) when (database.Translate(StoreOperation.Read, failure) is { } translated)
        {
            throw translated;
        }
    }

    public async Task SaveAsync(CallState? before, CallState after, CancellationToken cancellation)
    {
        await SaveCallAsync(before, after, cancellation);
        foreach (CallSession session in after.Sessions.Values)
        {
            CallSession? old = before?.Sessions.GetValueOrDefault(session.Id);
            if (session != old)
            {
                await SaveSessionAsync(after.Id, session, isNew: old is null, cancellation);
            }
        }

        foreach (CallSession gone in before?.Sessions.Values ?? [])
        {
            if (!after.Sessions.ContainsKey(gone.Id))
            {
                await ExecuteAsync(StoreOperation.DeleteSession, DeleteSession, new { Id = gone.Id.Value }, cancellation);
            }
        }

        foreach (CallJob job in after.Jobs.Values)
        {
            CallJob? old = before?.Jobs.GetValueOrDefault(job.Id);
            if (job != old)
            {
                await SaveJobAsync(after.Id, job, isNew: old is null, cancellation);
            }
        }
    }

    public Task DiscardAsync(CallId call, CancellationToken cancellation) =>
        ExecuteAsync(StoreOperation.UpdateCall, DeleteCall, new { Id = call.Value }, cancellation);

    public async Task CommitAsync(CancellationToken cancellation)
    {
        try
        {
            await transaction.Transaction.CommitAsync(cancellation);
        }
        catch (Exception failure) when (database.Translate(StoreOperation.UpdateCall, failure) is { } translated)
        {
            if (!await HasCommittedAsync(cancellation))
            {
                throw translated;
            }
        }
    }

    public ValueTask DisposeAsync() => transaction.DisposeAsync();

    // A connection that is lost during the commit leaves open whether it happened. Acting as if it had not would show others a
    // participant whom nobody was told of.
    private async Task<bool> HasCommittedAsync(CancellationToken cancellation)
    {
        if (_transactionId is not { } id)
        {
            return false;
        }

        for (long start = time.GetTimestamp(); time.GetElapsedTime(start) < OutcomePatience; await Task.Delay(OutcomePause, time, cancellation))
        {
            try
            {
                if (await database.AskOutcomeAsync(id, cancellation) is { } hasCommitted)
                {
                    return hasCommitted;
                }
            }
            catch (Exception failure) when (database.Translate(StoreOperation.Read, failure) is not null)
            {
                // Still away.
            }
        }

        return false;
    }

    private Task SaveCallAsync(CallState? before, CallState after, CancellationToken cancellation)
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
            Participants = new JsonParameter(CallMapping.ParticipantsOf(after)),
            Stats = new JsonParameter(CallMapping.StatsOf(after)),
            Props = new JsonParameter(CallMapping.PropsOf(after)),
            Phase = CallMapping.PhaseOf(after),
            LostAt = after.LostAt == 0 ? (long?)null : after.LostAt,
            after.EventNumber,
            Kind = CallMapping.KindOf(after),
        };
        if (before is null)
        {
            return ExecuteAsync(StoreOperation.CreateCall, InsertCall + PutAssignment, row, cancellation);
        }

        // Muting in a call of a thousand must not rewrite the list of its participants. Unchanged collections are the same objects.
        bool isSameCall = before with { Sessions = after.Sessions, Jobs = after.Jobs, EventNumber = after.EventNumber } == after;
        return ExecuteAsync(StoreOperation.UpdateCall, isSameCall ? PutAssignment : UpdateCall + PutAssignment, row, cancellation);
    }

    private Task SaveSessionAsync(CallId call, CallSession session, bool isNew, CancellationToken cancellation)
    {
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
        return isNew
            ? ExecuteAsync(StoreOperation.CreateSession, InsertSession + PutBinding, row, cancellation)
            : ExecuteAsync(StoreOperation.UpdateSession, UpdateSession + PutBinding, row, cancellation);
    }

    private Task SaveJobAsync(CallId call, CallJob job, bool isNew, CancellationToken cancellation)
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
            Props = new JsonParameter(JobMapping.PropsOf(job)),
        };
        return isNew
            ? ExecuteAsync(StoreOperation.CreateJob, InsertJob, row, cancellation)
            : ExecuteAsync(StoreOperation.UpdateJob, UpdateJob, row, cancellation);
    }

    // Several statements go in one round trip.
    private async Task ExecuteAsync(StoreOperation operation, string sql, object parameters, CancellationToken cancellation)
    {
        bool isFirst = _transactionId is null && database.TransactionIdSql.Length > 0;
        try
        {
            CommandDefinition command = new(
                isFirst ? sql + database.TransactionIdSql : sql, parameters, transaction.Transaction, cancellationToken: cancellation);
            if (isFirst)
            {
                _transactionId = await transaction.Connection.ExecuteScalarAsync<string>(command);
            }
            else
            {
                await transaction.Connection.ExecuteAsync(command);
            }
        }
        catch (Exception failure) when (database.Translate(operation, failure) is { } translated)
        {
            throw translated;
        }
    }
}
