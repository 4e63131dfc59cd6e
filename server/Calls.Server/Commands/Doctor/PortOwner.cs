using System.Globalization;

namespace Calls.Server.Commands.Doctor;

/// <summary>Which process has a port, as far as Linux tells this user.</summary>
internal static class PortOwner
{
    // Columns of /proc/net/{tcp,udp}: local address with the port in hexadecimal, state, inode.
    private const int LocalColumn = 1;
    private const int StateColumn = 3;
    private const int InodeColumn = 9;
    private const string Listening = "0A";

    /// <summary>A name such as <c>nginx (process 812)</c>; <c>null</c> if it cannot be told.</summary>
    public static string? Find(int port, bool isTcp)
    {
        string[] tables = isTcp ? ["/proc/net/tcp", "/proc/net/tcp6"] : ["/proc/net/udp", "/proc/net/udp6"];
        HashSet<string> sockets = [.. tables.Where(File.Exists).SelectMany(table => InodesOf(table, port, isTcp)).Select(static inode => $"socket:[{inode}]")];
        return sockets.Count == 0 ? null : Directory.EnumerateDirectories("/proc")
            .Where(static folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .FirstOrDefault(folder => Holds(folder, sockets)) is { } owner
                ? $"{NameOf(owner)} (process {Path.GetFileName(owner)})"
                : null;
    }

    private static IEnumerable<string> InodesOf(string table, int port, bool isTcp) => File.ReadLines(table)
        .Skip(1)
        .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(columns => columns.Length > InodeColumn
            && columns[LocalColumn].EndsWith(string.Create(CultureInfo.InvariantCulture, $":{port:X4}"), StringComparison.Ordinal)
            && (!isTcp || columns[StateColumn] == Listening))
        .Select(static columns => columns[InodeColumn]);

    private static bool Holds(string process, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd"))
                .Any(file => new FileInfo(file).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            // Of another user, or gone.
            return false;
        }
    }

    private static string NameOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "comm")).Trim();
        }
        catch (IOException)
        {
            return "a program";
        }
    }
}
