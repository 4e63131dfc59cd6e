namespace Calls.Server.Signaling;

internal enum CallStateResult
{
    Told,
    Forbidden,
    NoCallOngoing,
}
