using Calls.Domain;

namespace Calls.Server.Api;

/// <summary>A matched request of a known user.</summary>
internal sealed record ApiRequest(HttpContext Context, UserId User)
{
    public CancellationToken Aborted => Context.RequestAborted;

    /// <summary>The id in the path, which is the channel's also where it is named after the call (rest-api.md 1.2).</summary>
    public ChannelId Channel => new((string)Context.Request.RouteValues["channelId"]!);

    /// <summary>Another id in the path.</summary>
    public string PathId(string name) => (string)Context.Request.RouteValues[name]!;
}
