using System.Globalization;
using System.Text.Json;
using Calls.Domain.Ports;

namespace Calls.Server.Api;

/// <summary><c>GET /stats</c>: what the page of site statistics shows (rest-api.md 3.13).</summary>
/// <remarks>Days and months are those of UTC, and the newest is never left out.</remarks>
internal sealed class StatsResource(IChatHost host, ICallHistory history, TimeProvider time) : IApiResource
{
    private const int Days = 30;
    private const int Months = 12;

    public void Map(ApiRoutes routes) => routes.Get("/stats", GetAsync, FailureShape.ErrorObject);

    private async Task<ApiAnswer> GetAsync(ApiRequest request)
    {
        if (!await host.IsSystemAdminAsync(request.User, request.Aborted))
        {
            return ApiAnswer.Text(StatusCodes.Status403Forbidden, "Forbidden");
        }

        DateOnly today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        DateOnly firstMonth = new DateOnly(today.Year, today.Month, 1).AddMonths(1 - Months);
        try
        {
            CallHistory sums = await history.ReadAsync(firstMonth, request.Aborted);
            return ApiAnswer.Resource(writer => Write(writer, sums, today, firstMonth));
        }
        catch (CallStoreException)
        {
            return ApiAnswer.Failure(FailureShape.ErrorObject, StatusCodes.Status500InternalServerError, ApiGate.Defect);
        }
    }

    private static void Write(Utf8JsonWriter writer, CallHistory sums, DateOnly today, DateOnly firstMonth)
    {
        writer.WriteStartObject();
        writer.WriteNumber("total_calls", sums.Ended);
        writer.WriteNumber("total_active_calls", sums.Active);
        writer.WriteNumber("total_active_sessions", sums.ActiveSessions);
        WriteDays(writer, "calls_by_day", sums.ByDay, today);
        WriteMonths(writer, "calls_by_month", sums.ByDay, firstMonth);
        writer.WriteStartObject("calls_by_channel_type");
        foreach ((ChannelKind kind, long count) in sums.ByChannelKind)
        {
            writer.WriteNumber(LetterOf(kind), count);
        }

        writer.WriteEndObject();
        writer.WriteNumber("avg_duration", sums.AverageSeconds);
        writer.WriteNumber("avg_participants", sums.AverageParticipants);
        writer.WriteNumber("avg_video_duration", sums.AverageVideoSeconds);
        writer.WriteNumber("total_video_duration", sums.TotalVideoSeconds);
        writer.WriteNumber("total_video_calls", sums.WithVideo);
        writer.WriteNumber("total_screen_share_calls", sums.WithScreen);
        WriteDays(writer, "recording_jobs_by_day", sums.RecordingsByDay, today);
        WriteMonths(writer, "recording_jobs_by_month", sums.RecordingsByDay, firstMonth);
        writer.WriteEndObject();
    }

    private static void WriteDays(Utf8JsonWriter writer, string name, IReadOnlyDictionary<DateOnly, long> byDay, DateOnly today)
    {
        writer.WriteStartObject(name);
        for (DateOnly day = today.AddDays(1 - Days); day <= today; day = day.AddDays(1))
        {
            writer.WriteNumber(day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), byDay.GetValueOrDefault(day));
        }

        writer.WriteEndObject();
    }

    private static void WriteMonths(Utf8JsonWriter writer, string name, IReadOnlyDictionary<DateOnly, long> byDay, DateOnly first)
    {
        writer.WriteStartObject(name);
        for (int month = 0; month < Months; month++)
        {
            DateOnly start = first.AddMonths(month);
            DateOnly next = start.AddMonths(1);
            writer.WriteNumber(
                start.ToString("yyyy-MM", CultureInfo.InvariantCulture), byDay.Where(entry => entry.Key >= start && entry.Key < next).Sum(static entry => entry.Value));
        }

        writer.WriteEndObject();
    }

    private static string LetterOf(ChannelKind kind) => kind switch
    {
        ChannelKind.Public => "O",
        ChannelKind.Private => "P",
        ChannelKind.Direct => "D",
        ChannelKind.Group => "G",
        _ => throw new InvalidOperationException($"Unmapped kind {kind}."),
    };
}
