namespace Calls.Server.Mattermost.Relay;

/// <summary>What is queued towards a client.</summary>
/// <param name="CloseCode">If not 0, a close frame with this code, after which nothing is sent.</param>
/// <param name="Origin">Whose limit the frame counts against.</param>
internal readonly record struct ClientFrameOut(byte[] Payload, bool IsText, FrameOrigin Origin, int CloseCode = 0);
