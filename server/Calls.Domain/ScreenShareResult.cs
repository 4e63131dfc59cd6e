namespace Calls.Domain;

public enum ScreenShareResult
{
    Done,

    /// <summary>Another session shares, or nobody when stopping; or the session itself when starting again.</summary>
    SomebodyElseShares,
}
