using Calls.Rtc.Sdp;
using MediaMapEntry = Calls.Rtc.DataChannels.MediaMapEntry;

namespace Calls.Rtc.Client;

/// <summary>A track that the server sends, as the last descriptions and the last media map say.</summary>
/// <param name="StreamId">The publisher's session id.</param>
/// <param name="TrackId"><c>type_publisher_xxxxxxxx</c>.</param>
/// <param name="Map">What the media map says of the section; <c>null</c> if it does not name it.</param>
public sealed record RemoteTrack(string Mid, MediaKind Kind, string StreamId, string TrackId, uint Ssrc, MediaMapEntry? Map);
