using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Calls.Rtc.Ice;

/// <summary>Reads the settings ICEAddressUDP, ICEAddressTCP, ICEPortUDP and ICEPortTCP, with the reference's texts (media.md 1.1).</summary>
public static class IceListenSettings
{
    public const int MinPort = 80;
    public const int MaxPort = 49_151;

    /// <summary>A list of address literals, separated by commas; empty = all addresses.</summary>
    /// <param name="setting">Its name, for the error.</param>
    public static bool TryParseAddresses(
        string setting, string text, out IReadOnlyList<IPAddress> addresses, [NotNullWhen(false)] out string? error)
    {
        var parsed = new List<IPAddress>();
        addresses = parsed;
        error = null;
        if (text.Trim().Length == 0)
        {
            return true;
        }

        foreach (string entry in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!IPAddress.TryParse(entry, out IPAddress? address))
            {
                error = $"invalid {setting} value: invalid ICEAddress value: {entry} is not a valid IP address";
                return false;
            }

            parsed.Add(address);
        }

        return true;
    }

    /// <summary>What is wrong with a port; <c>null</c> if nothing.</summary>
    public static string? ErrorOfPort(string setting, int port) => port is >= MinPort and <= MaxPort
        ? null
        : $"invalid {setting} value: {port} is not in allowed range [{MinPort}, {MaxPort}]";
}
