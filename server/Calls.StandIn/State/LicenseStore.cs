namespace Calls.StandIn.State;

/// <summary>The licence in force, if any.</summary>
internal sealed class LicenseStore
{
    private volatile License? _current;

    public License? Current
    {
        get => _current;
        set => _current = value;
    }

    /// <summary>The answer of <c>GET /license/client</c>: strings only.</summary>
    public SortedDictionary<string, string> ToClientLicense()
    {
        License? license = _current;
        var result = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["IsLicensed"] = license is null ? "false" : "true",
        };
        if (license is not null)
        {
            result["SkuShortName"] = license.SkuShortName;
            result["Cloud"] = Text(license.IsCloud);
            result["LDAP"] = Text(license.HasLdap);
            result["IDLoadedPushNotifications"] = Text(license.HasIdLoadedPush);
        }

        return result;
    }

    private static string Text(bool value) => value ? "true" : "false";
}
