using System.Data.Common;
using Calls.Domain.Ports;
using Dapper;

namespace Calls.Server.Persistence;

/// <summary>Sums over the tables of calls (storage-and-jobs.md 5), all from one state of the database.</summary>
internal sealed class SqlCallHistory(ICallsDatabase database) : ICallHistory
{
    private const long MillisecondsPerDay = 86_400_000;
    private const string IsEnded = "endat > startat AND deleteat = 0";
    private const string IsActive = "endat = 0 AND startat > 0 AND deleteat = 0";

    // Whole days since 1970 in UTC: both databases divide whole numbers without a remainder.
    private const string Days = "startat / 86400000";

    public async Task<CallHistory> ReadAsync(DateOnly since, CancellationToken cancellation)
    {
        try
        {
            await using DbConnection connection = await database.OpenAsync(cancellation);
            await using DbTransaction transaction = await database.BeginReadAsync(connection, cancellation);
            return await ReadAsync(connection, transaction, since, cancellation);
        }
        catch (Exception failure) when (database.Translate(StoreOperation.Read, failure) is { } translated)
        {
            throw translated;
        }
    }

    private async Task<CallHistory> ReadAsync(DbConnection connection, DbTransaction transaction, DateOnly since, CancellationToken cancellation)
    {
        string video = database.JsonNumber("stats", "video_duration");
        string sql = $"""
            SELECT COUNT(*) AS Ended, SUM(endat - startat) AS Milliseconds, SUM({database.JsonLength("participants")}) AS Participants,
                   SUM({video}) AS VideoSeconds, SUM(CASE WHEN {video} > 0 THEN 1 ELSE 0 END) AS VideoCalls
            FROM calls WHERE {IsEnded};
            SELECT COUNT(*) FROM calls WHERE {IsActive};
            SELECT COUNT(*) FROM calls_sessions WHERE callid IN (SELECT id FROM calls WHERE {IsActive});
            SELECT COUNT(*) FROM calls WHERE deleteat = 0 AND {database.JsonFlag("stats", "has_used_video")};
            SELECT COUNT(*) FROM calls WHERE deleteat = 0 AND {database.JsonFlag("stats", "has_used_screen_share")};
            SELECT {Days} AS Day, COUNT(*) AS Count FROM calls WHERE {IsEnded} AND startat >= @since GROUP BY {Days};
            SELECT {Days} AS Day, COUNT(*) AS Count FROM calls_jobs WHERE type = 'recording' AND endat > startat AND startat >= @since GROUP BY {Days};
            SELECT a.channel_type AS Type, COUNT(*) AS Count FROM calls c JOIN calls_assignments a ON a.call_id = c.id
            WHERE c.endat > c.startat AND c.deleteat = 0 AND a.channel_type IS NOT NULL GROUP BY a.channel_type
            """;
        long first = new DateTimeOffset(since, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeMilliseconds();
        await using SqlMapper.GridReader rows = await connection.QueryMultipleAsync(
            new CommandDefinition(sql, new { since = first }, transaction, cancellationToken: cancellation));
        Sums sums = await rows.ReadSingleAsync<Sums>();
        long active = await rows.ReadSingleAsync<long>();
        long sessions = await rows.ReadSingleAsync<long>();
        long withVideo = await rows.ReadSingleAsync<long>();
        long withScreen = await rows.ReadSingleAsync<long>();
        Dictionary<DateOnly, long> byDay = ByDay(await rows.ReadAsync<DayCount>());
        Dictionary<DateOnly, long> recordings = ByDay(await rows.ReadAsync<DayCount>());
        Dictionary<ChannelKind, long> byKind = (await rows.ReadAsync<TypeCount>())
            .Where(static row => CallMapping.ToKind(row.Type) is not null)
            .ToDictionary(static row => CallMapping.ToKind(row.Type)!.Value, static row => row.Count);
        return new CallHistory(
            sums.Ended,
            active,
            sessions,
            byDay,
            recordings,
            byKind,
            Average(sums.Milliseconds ?? 0, sums.Ended * 1000),
            Average(sums.Participants ?? 0, sums.Ended),
            Average(sums.VideoSeconds ?? 0, sums.VideoCalls ?? 0),
            (long)(sums.VideoSeconds ?? 0),
            withVideo,
            withScreen);
    }

    private static Dictionary<DateOnly, long> ByDay(IEnumerable<DayCount> rows) => rows.ToDictionary(
        static row => DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds(row.Day * MillisecondsPerDay).UtcDateTime), static row => row.Count);

    private static long Average(decimal sum, decimal count) => count == 0 ? 0 : (long)Math.Round(sum / count, MidpointRounding.AwayFromZero);

    // The databases add whole numbers up to different types.
    private sealed class Sums
    {
        public long Ended { get; init; }

        public decimal? Milliseconds { get; init; }

        public decimal? Participants { get; init; }

        public decimal? VideoSeconds { get; init; }

        public long? VideoCalls { get; init; }
    }

    private sealed class DayCount
    {
        public long Day { get; init; }

        public long Count { get; init; }
    }

    private sealed class TypeCount
    {
        public string? Type { get; init; }

        public long Count { get; init; }
    }
}
