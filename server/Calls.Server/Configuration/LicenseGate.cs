namespace Calls.Server.Configuration;

/// <summary>Reproduces the plugin's licence gating for sites that want it (configuration.md 8).</summary>
/// <param name="isOn">Off: every feature is there for everybody.</param>
/// <param name="replacement">A SKU that counts instead of the licence's: <c>none</c>, <c>professional</c>, <c>enterprise</c>.</param>
/// <param name="allowsGroupCalls">MM_CALLS_GROUP_CALLS_ALLOWED is exactly <c>true</c>.</param>
internal sealed class LicenseGate(bool isOn, string? replacement, bool allowsGroupCalls)
{
    private static readonly string[] Known = ["professional", "enterprise", "advanced"];

    public LicensedFeatures Evaluate(MattermostLicense license, bool isDeveloper)
    {
        if (!isOn)
        {
            return LicensedFeatures.All;
        }

        MattermostLicense counted = replacement switch
        {
            null => license,
            "none" => MattermostLicense.None,
            _ => license with { Sku = replacement },
        };

        // The feature that would make an older licence an enterprise one cannot be read over REST.
        bool isEnterprise = isDeveloper || counted.Sku is "enterprise" or "advanced";
        bool isProfessional = isDeveloper || Known.Contains(counted.Sku) || counted.HasLdap;
        return new LicensedFeatures(
            GroupCalls: isProfessional || allowsGroupCalls,
            HostControls: isProfessional,
            Recordings: isEnterprise,
            Rtcd: isEnterprise || license.IsCloud);
    }
}
