using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Calls.Rtc.Ice;

/// <summary>
/// The setting ICEHostOverride (media.md 1.6): which address is advertised in place of a local one. Either one address or host name
/// for all, or a list <c>external/internal,external/internal</c>.
/// </summary>
public sealed class IceHostOverride
{
    private static readonly TimeSpan ResolutionLimit = TimeSpan.FromSeconds(1);

    private IceHostOverride(string? host, IReadOnlyList<(IPAddress External, IPAddress Internal)> mappings)
    {
        Host = host;
        Mappings = mappings;
    }

    /// <summary>An address literal or a host name; <c>null</c> for a list of mappings.</summary>
    public string? Host { get; }

    /// <summary>Whether what it stands for may change.</summary>
    public bool IsName => Host is not null && !IPAddress.TryParse(Host, out _);

    /// <summary>Empty unless the setting is a list.</summary>
    public IReadOnlyList<(IPAddress External, IPAddress Internal)> Mappings { get; }

    /// <summary><c>false</c>: the setting is empty, or a list with an entry that is not two addresses.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IceHostOverride? result)
    {
        result = null;
        text = text.Trim();
        if (text.Length == 0)
        {
            return false;
        }

        if (!text.Contains('/'))
        {
            result = new(text, []);
            return true;
        }

        var mappings = new List<(IPAddress External, IPAddress Internal)>();
        foreach (string entry in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] sides = entry.Split('/', StringSplitOptions.TrimEntries);
            if (sides.Length != 2
                || !IPAddress.TryParse(sides[0], out IPAddress? external)
                || !IPAddress.TryParse(sides[1], out IPAddress? inner))
            {
                return false;
            }

            mappings.Add((external, inner));
        }

        result = new(null, mappings);
        return true;
    }

    /// <summary>The address that <see cref="Host"/> stands for; <c>null</c> for a list of mappings.</summary>
    /// <param name="resolve">Looks a name up; literals never reach it.</param>
    /// <exception cref="RtcException">The name has no usable address, or the look-up took longer than 1 s.</exception>
    public async Task<IPAddress?> ResolveAsync(
        Func<string, CancellationToken, Task<IPAddress[]>> resolve, bool allowIPv6, TimeProvider time)
    {
        if (Host is null || IPAddress.TryParse(Host, out IPAddress? literal))
        {
            return Host is null ? null : IPAddress.Parse(Host);
        }

        using var limit = new CancellationTokenSource(ResolutionLimit, time);
        string reason = "no such host";
        try
        {
            IPAddress[] addresses = await resolve(Host, limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
            literal = Array.Find(addresses, address => allowIPv6 || address.AddressFamily == AddressFamily.InterNetwork);
            if (literal is not null)
            {
                return literal;
            }
        }
        catch (SocketException exception)
        {
            reason = exception.Message;
        }
        catch (OperationCanceledException)
        {
            reason = "timed out";
        }

        throw new RtcException(
            $"failed to init setting engine: failed to generate addresses pairs: failed to resolve host: lookup {Host}: {reason}");
    }
}
