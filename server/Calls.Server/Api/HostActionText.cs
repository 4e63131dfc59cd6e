using Calls.Domain.HostControl;

namespace Calls.Server.Api;

/// <summary>Why a host operation was refused, as the plugin words it (rest-api.md 3.10).</summary>
internal static class HostActionText
{
    /// <summary><c>null</c> if it was done.</summary>
    public static string? Of(HostActionResult result) => result switch
    {
        HostActionResult.Done => null,
        HostActionResult.NoCallOngoing => "no call ongoing",
        HostActionResult.NoPermissions => "no permissions",
        HostActionResult.NotInCall => "requested session or user is not in the call",
        HostActionResult.BotNotAllowed => "cannot assign the bot to be host: not allowed",
        _ => throw new InvalidOperationException($"Unmapped result {result}."),
    };
}
