namespace Calls.Server.Persistence;

/// <summary>One file of db/migrations.</summary>
/// <param name="Name">The file name without number and suffix, as the plugin records it.</param>
internal sealed record Migration(long Version, string Name, string Sql)
{
    private const long FirstOwnVersion = 1000;

    /// <summary>Makes a table of the plugin, and is recorded where the plugin looks.</summary>
    public bool IsReference => Version < FirstOwnVersion;
}
