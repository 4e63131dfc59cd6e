using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Calls.Rtc.Ice;

/// <summary>
/// The setting ICEHostPortOverride (media.md 1.1): the port advertised in place of the one listened on. Either a number, or a list
/// <c>IP/port,IP/port</c> that several nodes share, of which a node takes the entry with its own local address.
/// </summary>
public sealed class IceHostPortOverride
{
    private readonly int? _port;
    private readonly IReadOnlyList<(IPAddress Local, int Port)> _mappings;

    private IceHostPortOverride(int? port, IReadOnlyList<(IPAddress Local, int Port)> mappings)
    {
        _port = port;
        _mappings = mappings;
    }

    /// <summary>One port for every node; it has been validated.</summary>
    public static implicit operator IceHostPortOverride?(int? port) => port is null ? null : new(port, []);

    /// <param name="error">The reference's text, without the name of the setting in front of mapping errors.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out IceHostPortOverride? result, [NotNullWhen(false)] out string? error)
    {
        result = null;
        text = text.Trim();
        if (!text.Contains('/'))
        {
            if (TryParsePort(text, out int port, out error))
            {
                result = new(port, []);
            }

            return result is not null;
        }

        var mappings = new List<(IPAddress Local, int Port)>();
        foreach (string entry in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] sides = entry.Split('/', StringSplitOptions.TrimEntries);
            if (sides.Length != 2 || !IPAddress.TryParse(sides[0], out IPAddress? local))
            {
                error = "failed to parse mapping: invalid map pairing syntax";
                return false;
            }

            if (!TryParsePort(sides[1], out int port, out error))
            {
                return false;
            }

            if (mappings.Exists(mapping => mapping.Local.Equals(local)))
            {
                error = $"duplicate mapping found for {local}";
                return false;
            }

            if (mappings.Exists(mapping => mapping.Port == port))
            {
                error = $"duplicate port found for {port}";
                return false;
            }

            mappings.Add((local, port));
        }

        error = null;
        result = new(null, mappings);
        return true;
    }

    /// <summary>The port for a node with these addresses; <c>null</c>: no entry names one of them.</summary>
    public int? PortFor(IEnumerable<IPAddress> localAddresses)
    {
        if (_port is not null)
        {
            return _port;
        }

        foreach (IPAddress local in localAddresses)
        {
            foreach ((IPAddress mapped, int port) in _mappings)
            {
                if (mapped.Equals(local))
                {
                    return port;
                }
            }
        }

        return null;
    }

    private static bool TryParsePort(string text, out int port, [NotNullWhen(false)] out string? error)
    {
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out port))
        {
            error = $"failed to parse port number: {text} is not a number";
            return false;
        }

        error = IceListenSettings.ErrorOfPort("ICEHostPortOverride", port);
        return error is null;
    }
}
