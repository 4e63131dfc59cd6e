namespace Calls.Server.Mattermost.Relay;

/// <summary>
/// Whether Calls actions and events may pass. A greeting by Mattermost proves the session but not its second factor, so the
/// token is checked too (mattermost-integration.md 3.7, 9.2).
/// </summary>
internal enum CallsGate
{
    Checking,
    Open,
    Closed,
}
