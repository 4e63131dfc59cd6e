using System.Diagnostics.CodeAnalysis;

namespace Calls.Rtc.Sessions;

/// <summary>The JSON <c>{"screenStreamID":"..."}</c> or <c>{"videoStreamID":"..."}</c> (media.md 4.1).</summary>
internal static class StreamIdMessage
{
    private const int MaxLengthBytes = 1024;

    /// <summary>Reads the non-empty text under <paramref name="key"/>.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, ReadOnlySpan<byte> key, [NotNullWhen(true)] out string? streamId) =>
        TopLevelText.TryRead(json, key, MaxLengthBytes, out streamId) && streamId.Length > 0;
}
