using System.Diagnostics;
using System.Globalization;

namespace Calls.Server.Observability.Metrics;

/// <summary>What the standard process collector shows, with and without the product's prefix, and what stands for <c>go_*</c> (modes.md 20).</summary>
internal sealed class ProcessMetrics : IMetricSource
{
    public void Write(MetricsWriter writer)
    {
        using var process = Process.GetCurrentProcess();
        Write(writer, process);
        Write(writer.WithoutPrefix, process);
        WriteRuntime(writer.WithoutPrefix);
    }

    private static void Write(MetricsWriter writer, Process process)
    {
        writer.Counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", process.TotalProcessorTime.TotalSeconds);
        writer.Gauge("process_resident_memory_bytes", "Resident memory size in bytes.", process.WorkingSet64);
        writer.Gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", process.VirtualMemorySize64);
        writer.Gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", StartTime(process));
        if (OperatingSystem.IsLinux())
        {
            writer.Gauge("process_virtual_memory_max_bytes", "Maximum amount of virtual memory available in bytes.", Limit("Max address space"));
            writer.Gauge("process_open_fds", "Number of open file descriptors.", Directory.GetFileSystemEntries("/proc/self/fd").Length);
            writer.Gauge("process_max_fds", "Maximum number of open file descriptors.", Limit("Max open files"));
        }
    }

    private static void WriteRuntime(MetricsWriter writer)
    {
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        writer.Gauge("go_goroutines", "Thread pool threads and work items that wait for one.", ThreadPool.ThreadCount + ThreadPool.PendingWorkItemCount);
        writer.Gauge("go_memstats_heap_inuse_bytes", "Bytes of the managed heap.", memory.HeapSizeBytes);
        writer.Gauge("go_memstats_stack_inuse_bytes", "Not measured.", 0);
        writer.Counter("dotnet_gc_collections_total", "Collections of all generations.", GC.CollectionCount(0));
        writer.Counter("dotnet_gc_pause_seconds_total", "Time that the program stood still for collections.", GC.GetTotalPauseDuration().TotalSeconds);
        writer.Counter("dotnet_gc_allocated_bytes_total", "Bytes allocated on the managed heap.", GC.GetTotalAllocatedBytes());
    }

    private static double StartTime(Process process) => (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;

    /// <summary>The soft limit of a line of <c>/proc/self/limits</c>.</summary>
    internal static double Limit(string name)
    {
        foreach (string line in File.ReadLines("/proc/self/limits"))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
            {
                string soft = line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
                return double.TryParse(soft, CultureInfo.InvariantCulture, out double limit) ? limit : ulong.MaxValue; // as Go shows "unlimited"
            }
        }

        return 0;
    }
}
