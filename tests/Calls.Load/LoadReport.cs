using System.Text.Json;

namespace Calls.Load;

/// <summary>What the clients saw.</summary>
internal sealed class LoadReport
{
    public bool IsMeasuring { get; set; }

    public long Sent { get; set; }

    public long Received { get; set; }

    public int Open { get; set; }

    /// <summary>Clients that ended without being asked to.</summary>
    public int Closed { get; set; }

    /// <summary>One-way delay of each measured packet.</summary>
    public List<double> DelayMs { get; } = new(1 << 20);

    /// <summary>From joining to the first audio packet, per receiver.</summary>
    public List<double> FirstPacketMs { get; } = [];

    /// <summary>The same, of the listeners that joined one by one while everybody else was in the call.</summary>
    public List<double> JoinMs { get; } = [];

    /// <param name="expected">Packets that receivers should have got while it was measured.</param>
    public string Describe(LoadOptions options, long expected, ServerStatistics idle, ServerStatistics before, ServerStatistics after)
    {
        int sessions = options.Calls * options.Users;
        long forwarded = Math.Max(1, after.PacketsSent - before.PacketsSent);
        var figures = new Dictionary<string, double>
        {
            ["sessions"] = sessions,
            ["closed"] = Closed,
            ["packetsExpected"] = expected,
            ["packetsReceived"] = Received,
            ["lossPercent"] = expected == 0 ? 0 : Math.Round(100.0 * Math.Max(0, expected - Received) / expected, 3),
            ["delayP50Ms"] = Quantile(DelayMs, 0.50),
            ["delayP95Ms"] = Quantile(DelayMs, 0.95),
            ["delayP99Ms"] = Quantile(DelayMs, 0.99),
            ["delayMaxMs"] = Quantile(DelayMs, 1),
            ["firstAudioP50Ms"] = Quantile(FirstPacketMs, 0.50),
            ["firstAudioP99Ms"] = Quantile(FirstPacketMs, 0.99),
            ["serverCpuMicrosecondsPerPacket"] = Math.Round((double)(after.CpuMicroseconds - before.CpuMicroseconds) / forwarded, 2),
            ["serverAllocatedBytesPerPacket"] = Math.Round((double)(after.AllocatedBytes - before.AllocatedBytes) / forwarded, 2),
            ["serverCollections"] = after.Collections - before.Collections,
            ["residentKiBPerSession"] = Math.Round((double)(after.ResidentKiB - idle.ResidentKiB) / sessions, 0),
        };
        if (options.Joins > 0)
        {
            figures["joins"] = JoinMs.Count;
            figures["joinToAudioP50Ms"] = Quantile(JoinMs, 0.50);
            figures["joinToAudioP99Ms"] = Quantile(JoinMs, 0.99);
        }

        return options.Json
            ? JsonSerializer.Serialize(figures)
            : string.Join('\n', figures.Select(static figure => $"{figure.Key,-32} {figure.Value}"));
    }

    private static double Quantile(List<double> values, double quantile)
    {
        if (values.Count == 0)
        {
            return 0;
        }

        values.Sort();
        return Math.Round(values[Math.Min(values.Count - 1, (int)(quantile * values.Count))], 2);
    }
}
