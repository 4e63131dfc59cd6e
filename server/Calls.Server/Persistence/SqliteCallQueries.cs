using Calls.Domain;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Calls.Server.Persistence;

/// <summary>Reads calls with their sessions and active jobs on an open connection.</summary>
internal static class SqliteCallQueries
{
    private const string Columns = """
        SELECT c.id AS Id, c.channelid AS ChannelId, c.startat AS StartAt, c.endat AS EndAt, c.postid AS PostId, c.threadid AS ThreadId,
               c.ownerid AS OwnerId, c.participants AS Participants, c.stats AS Stats, c.props AS Props,
               a.state AS State, a.lost_at AS LostAt, a.event_seq AS EventSeq, a.channel_type AS ChannelType
        FROM calls c LEFT JOIN calls_assignments a ON a.call_id = c.id
        """;

    private const string ActiveOfChannel = Columns + """

        WHERE c.channelid = @channel AND c.endat = 0 AND c.startat > 0 AND c.deleteat = 0
        ORDER BY c.startat DESC, c.id LIMIT 1
        """;

    private const string Active = Columns + """

        WHERE c.endat = 0 AND c.startat > 0 AND c.deleteat = 0 ORDER BY c.startat DESC, c.id
        """;

    private const string Ending = Columns + """

        WHERE a.state = 'ending'
        """;

    private const string Sessions = """
        SELECT s.id AS Id, s.callid AS CallId, s.userid AS UserId, s.joinat AS JoinAt, s.unmuted AS Unmuted,
               s.raisedhand AS RaisedHand, s.video AS Video,
               b.ws_conn_id AS ConnectionId, b.binding AS Binding, b.ws_down_at AS SocketDownAt, b.media_state AS MediaState
        FROM calls_sessions s LEFT JOIN calls_bindings b ON b.session_id = s.id
        WHERE s.callid = @call
        """;

    private const string ActiveJobs = """
        SELECT id AS Id, type AS Type, creatorid AS CreatorId, initat AS InitAt, startat AS StartAt, endat AS EndAt, props AS Props
        FROM calls_jobs WHERE callid = @call AND endat = 0
        """;

    public static CallState? ActiveCall(SqliteConnection connection, SqliteTransaction? transaction, ChannelId channel) =>
        connection.QueryFirstOrDefault<CallRow>(ActiveOfChannel, new { channel = channel.Value }, transaction) is { } row
            ? Whole(connection, transaction, row)
            : null;

    public static IReadOnlyList<CallState> ActiveCalls(SqliteConnection connection, SqliteTransaction transaction) =>
        [.. connection.Query<CallRow>(Active, transaction: transaction).AsList().Select(row => Whole(connection, transaction, row))];

    public static IReadOnlyList<CallState> EndingCalls(SqliteConnection connection) =>
        [.. connection.Query<CallRow>(Ending).Select(row => CallMapping.ToState(row, [], []))];

    private static CallState Whole(SqliteConnection connection, SqliteTransaction? transaction, CallRow row) => CallMapping.ToState(
        row,
        connection.Query<SessionRow>(Sessions, new { call = row.Id }, transaction),
        connection.Query<JobRow>(ActiveJobs, new { call = row.Id }, transaction));
}
