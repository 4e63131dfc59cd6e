namespace Calls.Server.Configuration;

/// <summary>What a site may use (configuration.md 8). Everything, unless LicenseGating is on.</summary>
public sealed record LicensedFeatures(bool GroupCalls, bool HostControls, bool Recordings, bool Rtcd)
{
    public static LicensedFeatures All { get; } = new(true, true, true, true);
}
