namespace Calls.Domain;

public enum DismissalResult
{
    Done,
    Forbidden,
    NoCallOngoing,
}
