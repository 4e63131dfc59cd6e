namespace Calls.Rtc.Sdp;

/// <summary>An <c>a=rid</c> line (RFC 8851); restrictions are not kept.</summary>
/// <param name="Sends">The writer sends this encoding; otherwise it receives it.</param>
public readonly record struct RidDescription(string Id, bool Sends);
