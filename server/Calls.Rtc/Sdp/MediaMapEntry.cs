namespace Calls.Rtc.Sdp;

/// <summary>One entry of the MediaMap message (media.md 5.2).</summary>
/// <param name="Mid">The section that carries the track.</param>
/// <param name="SenderId">The publisher's session id (DEV-10).</param>
public readonly record struct MediaMapEntry(string Mid, TrackType Type, string SenderId);
