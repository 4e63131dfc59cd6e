namespace Calls.Rtc.DataChannels;

/// <summary>What a section carries (media.md 5.2).</summary>
/// <param name="Type"><c>voice</c>, <c>screen</c>, <c>screen-audio</c> or <c>video</c>.</param>
/// <param name="SenderId">Session id of the publisher.</param>
public readonly record struct MediaMapEntry(string Type, string SenderId);
