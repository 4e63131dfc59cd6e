using System.Data.Common;
using Calls.Domain;
using Dapper;

namespace Calls.Server.Persistence;

/// <summary>Reads calls with their sessions and active jobs on an open connection.</summary>
internal static class CallQueries
{
    private const string CallColumns = """
        SELECT c.id AS Id, c.channelid AS ChannelId, c.startat AS StartAt, c.endat AS EndAt, c.postid AS PostId, c.threadid AS ThreadId,
               c.ownerid AS OwnerId, c.participants AS Participants, c.stats AS Stats, c.props AS Props,
               a.state AS State, a.lost_at AS LostAt, a.event_seq AS EventSeq, a.channel_type AS ChannelType
        FROM calls c LEFT JOIN calls_assignments a ON a.call_id = c.id

        """;

    private const string SessionColumns = """
        SELECT s.id AS Id, s.callid AS CallId, s.userid AS UserId, s.joinat AS JoinAt, s.unmuted AS Unmuted,
               s.raisedhand AS RaisedHand, s.video AS Video,
               b.ws_conn_id AS ConnectionId, b.binding AS Binding, b.ws_down_at AS SocketDownAt, b.media_state AS MediaState
        FROM calls_sessions s LEFT JOIN calls_bindings b ON b.session_id = s.id

        """;

    private const string ActiveJobs = """
        SELECT id AS Id, callid AS CallId, type AS Type, creatorid AS CreatorId, initat AS InitAt, startat AS StartAt, endat AS EndAt, props AS Props
        FROM calls_jobs WHERE endat = 0
        """;

    private const string IsActive = "endat = 0 AND startat > 0 AND deleteat = 0";

    private const string CallOfChannel =
        $"(SELECT id FROM calls WHERE channelid = @channel AND {IsActive} ORDER BY startat DESC, id LIMIT 1)";

    // All in one round trip.
    private const string ActiveOfChannel = CallColumns + $"""
        WHERE c.channelid = @channel AND {IsActive} ORDER BY c.startat DESC, c.id LIMIT 1;

        """ + SessionColumns + $"""
        WHERE s.callid = {CallOfChannel};

        """ + ActiveJobs + $" AND callid = {CallOfChannel}";

    private const string Active = CallColumns + $"""
        WHERE {IsActive} ORDER BY c.startat DESC, c.id;

        """ + SessionColumns + $"""
        WHERE s.callid IN (SELECT id FROM calls WHERE {IsActive});

        """ + ActiveJobs + $" AND callid IN (SELECT id FROM calls WHERE {IsActive})";

    private const string Ending = CallColumns + "WHERE a.state = 'ending'";

    public static async Task<CallState?> ActiveCallAsync(
        DbConnection connection, DbTransaction transaction, ChannelId channel, CancellationToken cancellation)
    {
        await using SqlMapper.GridReader rows = await connection.QueryMultipleAsync(
            new CommandDefinition(ActiveOfChannel, new { channel = channel.Value }, transaction, cancellationToken: cancellation));
        CallRow? call = await rows.ReadFirstOrDefaultAsync<CallRow>();
        IEnumerable<SessionRow> sessions = await rows.ReadAsync<SessionRow>();
        IEnumerable<JobRow> jobs = await rows.ReadAsync<JobRow>();
        return call is null ? null : CallMapping.ToState(call, sessions, jobs);
    }

    public static async Task<IReadOnlyList<CallState>> ActiveCallsAsync(
        DbConnection connection, DbTransaction transaction, CancellationToken cancellation)
    {
        await using SqlMapper.GridReader rows = await connection.QueryMultipleAsync(
            new CommandDefinition(Active, transaction: transaction, cancellationToken: cancellation));
        List<CallRow> calls = (await rows.ReadAsync<CallRow>()).AsList();
        ILookup<string, SessionRow> sessions = (await rows.ReadAsync<SessionRow>()).ToLookup(session => session.CallId);
        ILookup<string, JobRow> jobs = (await rows.ReadAsync<JobRow>()).ToLookup(job => job.CallId);
        return [.. calls.Select(call => CallMapping.ToState(call, sessions[call.Id], jobs[call.Id]))];
    }

    public static async Task<IReadOnlyList<CallState>> EndingCallsAsync(
        DbConnection connection, DbTransaction transaction, CancellationToken cancellation)
    {
        IEnumerable<CallRow> calls = await connection.QueryAsync<CallRow>(
            new CommandDefinition(Ending, transaction: transaction, cancellationToken: cancellation));
        return [.. calls.Select(call => CallMapping.ToState(call, [], []))];
    }
}
