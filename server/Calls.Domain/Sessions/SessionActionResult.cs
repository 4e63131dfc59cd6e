namespace Calls.Domain.Sessions;

/// <summary>Outcome of an action in a call.</summary>
public enum SessionActionResult
{
    Done,
    NoCallOngoing,
    NotInCall,
    ScreenSharingNotAllowed,
    SomebodyElseShares,
}
