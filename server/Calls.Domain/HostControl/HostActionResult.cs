namespace Calls.Domain.HostControl;

/// <summary>Outcome of a host operation (rest-api.md 3.10).</summary>
public enum HostActionResult
{
    Done,
    NoCallOngoing,
    NoPermissions,
    NotInCall,
    BotNotAllowed,
}
