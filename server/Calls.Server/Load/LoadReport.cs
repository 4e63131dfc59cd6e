using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Calls.Server.Load;

/// <summary>The figures of one run, in the order in which they are shown.</summary>
internal sealed record LoadReport(IReadOnlyList<KeyValuePair<string, object?>> Figures)
{
    private const double MicrosecondsPerSecond = 1_000_000;

    /// <param name="joins">From joining to the first sound, of those who joined one by one.</param>
    /// <param name="idle">With all sessions and no media, over so many seconds; <c>null</c> = not measured.</param>
    public static LoadReport Of(
        LoadOptions options, Tally tally, Distribution joins, double seconds, ServerReading empty, (ServerReading Before, ServerReading After, double Seconds)? idle, ServerReading before, ServerReading after)
    {
        double? cpu = after.CpuSeconds - before.CpuSeconds;
        double? idleRate = idle is { } rest ? (rest.After.CpuSeconds - rest.Before.CpuSeconds) / rest.Seconds : null;
        long packets = Math.Max(1, tally.Received);
        return new(
        [
            new("name", options.Name.Length > 0 ? options.Name : $"{options.Calls}x{options.Users}"),
            new("calls", options.Calls),
            new("users", options.Users),
            new("unmuted", options.Unmuted),
            new("screens", options.Screens),
            new("sessions", options.Sessions),
            new("sessionsConnected", tally.Open),
            new("sessionsLost", tally.Closed),
            new("seconds", Round(seconds)),
            new("packetsExpected", tally.Expected),
            new("packetsReceived", tally.Received),
            new("lossPercent", tally.Expected == 0 ? 0 : Round(100.0 * Math.Max(0, tally.Expected - tally.Received) / tally.Expected, 3)),
            new("delayP50Ms", Round(tally.Delay.Quantile(0.50))),
            new("delayP95Ms", Round(tally.Delay.Quantile(0.95))),
            new("delayP99Ms", Round(tally.Delay.Quantile(0.99))),
            new("delayMaxMs", Round(tally.Delay.Max)),
            new("joins", joins.Count),
            new("joinToAudioP50Ms", Round(joins.Quantile(0.50))),
            new("joinToAudioP99Ms", Round(joins.Quantile(0.99))),
            new("serverCpuMicrosecondsPerPacket", Round(cpu * MicrosecondsPerSecond / packets)),
            new("serverMarginalMicrosecondsPerPacket", Round((cpu - (idleRate * seconds)) * MicrosecondsPerSecond / packets)),
            new("serverIdleMicrosecondsPerSessionSecond", Round(idleRate * MicrosecondsPerSecond / options.Sessions)),
            new("serverCores", Round(cpu / seconds)),
            new("residentKiBPerSession", Round((after.ResidentKiB - empty.ResidentKiB) / options.Sessions, 0)),
            new("serverCollections", after.Collections - before.Collections),
            new("serverPauseMs", Round((after.PauseSeconds - before.PauseSeconds) * 1000)),
        ]);
    }

    /// <summary>One line for machines.</summary>
    public string ToJson() => JsonSerializer.Serialize(new Dictionary<string, object?>(Figures));

    /// <summary>One line per figure for people; those that were not measured are left out.</summary>
    public string ToTable()
    {
        var text = new StringBuilder();
        foreach ((string name, object? value) in Figures)
        {
            if (value is not null)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name,-40} {value}").Append('\n');
            }
        }

        return text.ToString();
    }

    private static double? Round(double? value, int digits = 2) => value is { } number ? Math.Round(number, digits) : null;
}
