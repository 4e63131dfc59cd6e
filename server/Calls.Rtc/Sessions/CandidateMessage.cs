using System.Buffers;
using System.Text.Json;
using Calls.Rtc.Ice;

namespace Calls.Rtc.Sessions;

/// <summary>Candidates as JSON: ours nested in a message of type <c>candidate</c>, the client's bare (media.md 1.7, signaling.md 4.4).</summary>
internal static class CandidateMessage
{
    private const int MaxLengthBytes = 4096;

    /// <param name="candidate">The value from <c>candidate:</c> on.</param>
    public static byte[] Write(string candidate)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "candidate"u8);
            writer.WriteStartObject("candidate"u8);
            writer.WriteString("candidate"u8, candidate);
            writer.WriteString("sdpMid"u8, "0"u8);
            writer.WriteNumber("sdpMLineIndex"u8, 0);
            writer.WriteNull("usernameFragment"u8);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Whether a client's RTCIceCandidateInit holds a candidate that parses; an empty one (end of candidates) does.</summary>
    public static bool IsValid(ReadOnlySpan<byte> json) =>
        TopLevelText.TryRead(json, "candidate"u8, MaxLengthBytes, out string? line)
        && IceCandidate.TryParse(line, out _) != IceCandidateParseResult.Malformed;
}
