using System.Net;

namespace Calls.StandIn;

/// <summary>How a stand-in is set up.</summary>
public sealed record StandInOptions
{
    /// <summary>Address and port to listen on; port 0 picks a free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>The public origin that is reported as SiteURL; <c>null</c> leaves it empty, so that any host name is its own origin.</summary>
    public string? SiteUrl { get; init; }

    /// <summary>Number of users <c>testuser-0</c>, <c>testuser-1</c>... with password <c>testPass123$</c>.</summary>
    public int ExtraUsers { get; init; }

    public StandInTimings Timings { get; init; } = new();

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public EventEncoding Encoding { get; init; } = EventEncoding.Stock;

    /// <summary>Folder served below <c>/static/plugins/com.mattermost.calls/</c>; <c>null</c> = none.</summary>
    public string? StaticFolder { get; init; }

    /// <summary>Folder served below <c>/plugins/com.mattermost.calls/public/</c>; <c>null</c> = none.</summary>
    public string? PublicFolder { get; init; }

    /// <summary>JSON text of the Calls plugin's manifest to install at start; <c>null</c> = not installed.</summary>
    public string? Manifest { get; init; }

    /// <summary>
    /// Where requests below <c>/plugins/com.mattermost.calls/</c> go once the front door has resolved who asks, as to the server part
    /// of a plugin; <c>null</c> = the plugin has no server part and they are 404.
    /// </summary>
    public Uri? PluginUpstream { get; init; }
}
