namespace Calls.Server.Commands;

/// <summary>What the program ends with.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>Failed at run time.</summary>
    public const int Failed = 1;

    public const int WrongUsage = 2;

    /// <summary>The configuration cannot be used (sysexits.h, EX_CONFIG).</summary>
    public const int InvalidConfiguration = 78;
}
