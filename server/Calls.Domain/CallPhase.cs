namespace Calls.Domain;

/// <summary>Where a call stands (modes.md 14, the state of its assignment).</summary>
public enum CallPhase
{
    /// <summary>The first join is under way: nobody has been told of the call yet (modes.md 17.1).</summary>
    Starting,

    Active,

    /// <summary>Its media died with the process; kept for re-joins for a limited time, even without sessions (modes.md 17.3).</summary>
    Lost,

    /// <summary>Ended, but the call post, if there is one, does not show it yet.</summary>
    Ending,

    Ended,
}
