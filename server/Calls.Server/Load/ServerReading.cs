using System.Globalization;

namespace Calls.Server.Load;

/// <summary>One look at the server: its process, and its metrics page where it has one.</summary>
/// <param name="CpuSeconds">User and system time of the process.</param>
/// <param name="PauseSeconds">How long collections have stopped it, if it says so.</param>
internal sealed record ServerReading(double? CpuSeconds, double? ResidentKiB, double? Collections, double? PauseSeconds)
{
    private const double TicksPerSecond = 100; // USER_HZ of every Linux

    /// <param name="pid">A process of this machine; <c>null</c> = look at the metrics page only.</param>
    public static async Task<ServerReading> TakeAsync(int? pid, HttpClient http, Uri? metrics, CancellationToken cancellation)
    {
        string page = "";
        try
        {
            page = metrics is null ? "" : await http.GetStringAsync(metrics, cancellation);
        }
        catch (HttpRequestException)
        {
            // A server without metrics is measured by its process.
        }

        return new(
            pid is { } id ? CpuOf(id) : Find(page, "process_cpu_seconds_total"),
            pid is { } process ? ResidentOf(process) : Find(page, "process_resident_memory_bytes") / 1024,
            Find(page, "dotnet_gc_collections_total"),
            Find(page, "dotnet_gc_pause_seconds_total"));
    }

    private static double? Find(string page, string name)
    {
        foreach (string line in page.Split('\n'))
        {
            if (line.StartsWith(name + " ", StringComparison.Ordinal) && double.TryParse(line[(name.Length + 1)..], CultureInfo.InvariantCulture, out double value))
            {
                return value;
            }
        }

        return null;
    }

    // Fields 14 and 15 of proc(5); the name before them may have spaces, but ends with the last parenthesis.
    private static double? CpuOf(int pid)
    {
        string stat = Read($"/proc/{pid}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 12 ? (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond : null;
    }

    private static double? ResidentOf(int pid)
    {
        string? line = Array.Find(Read($"/proc/{pid}/status").Split('\n'), static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return line is null ? null : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return "";
        }
    }
}
