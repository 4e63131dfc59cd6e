namespace Calls.Load;

/// <summary>One reading of the server process.</summary>
/// <param name="CpuMicroseconds">User and system time of the whole process.</param>
/// <param name="PacketsSent">Datagrams of all kinds.</param>
internal readonly record struct ServerStatistics(long CpuMicroseconds, long PacketsSent, long AllocatedBytes, int Collections, long ResidentKiB)
{
    public static ServerStatistics Parse(string[] words) =>
        new(long.Parse(words[1]), long.Parse(words[2]), long.Parse(words[3]), int.Parse(words[4]), long.Parse(words[5]));
}
