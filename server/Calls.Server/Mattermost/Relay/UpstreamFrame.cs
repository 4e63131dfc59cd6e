using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Calls.Server.Mattermost.Relay;

/// <summary>A text frame of Mattermost, looked at without decoding it (mattermost-integration.md 3.5).</summary>
/// <remarks>
/// Mattermost writes the envelope keys in the order event, data, broadcast, seq. Both ends are therefore found without
/// touching the middle; frames that are written differently take the slow path through a JSON reader.
/// </remarks>
internal readonly ref struct UpstreamFrame
{
    private UpstreamFrame(UpstreamFrameKind kind)
    {
        Kind = kind;
    }

    public UpstreamFrameKind Kind { get; }

    /// <summary>UTF-8 name of the event; empty for other frames.</summary>
    public ReadOnlySpan<byte> EventName { get; private init; }

    public long Seq { get; private init; }

    /// <summary>Where the digits of <c>seq</c> stand in the frame, in bytes.</summary>
    public int SeqOffset { get; private init; }

    public int SeqLength { get; private init; }

    /// <summary>The envelope was not written in the usual order.</summary>
    public bool IsSlow { get; private init; }

    /// <summary><c>seq_reply</c> of a reply.</summary>
    public long SeqReply { get; private init; }

    /// <summary>Classifies a frame. Never throws; what is no JSON is <see cref="UpstreamFrameKind.Other"/>.</summary>
    public static UpstreamFrame Read(ReadOnlySpan<byte> frame)
    {
        if (TryReadHead(frame, out ReadOnlySpan<byte> name) && TryReadTail(frame, out int offset, out int length, out long seq))
        {
            return new UpstreamFrame(UpstreamFrameKind.Event) { EventName = name, Seq = seq, SeqOffset = offset, SeqLength = length };
        }

        return ReadSlowly(frame);
    }

    /// <summary>Writes the frame with another number; every other byte stays.</summary>
    public static byte[] Renumber(ReadOnlySpan<byte> frame, in UpstreamFrame read, long seq)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(seq, digits, out int written);
        byte[] renumbered = new byte[frame.Length - read.SeqLength + written];
        frame[..read.SeqOffset].CopyTo(renumbered);
        digits[..written].CopyTo(renumbered.AsSpan(read.SeqOffset));
        frame[(read.SeqOffset + read.SeqLength)..].CopyTo(renumbered.AsSpan(read.SeqOffset + written));
        return renumbered;
    }

    private static bool TryReadHead(ReadOnlySpan<byte> frame, out ReadOnlySpan<byte> name)
    {
        name = default;
        ReadOnlySpan<byte> start = "{\"event\":"u8;
        if (!frame.StartsWith(start))
        {
            return false;
        }

        ReadOnlySpan<byte> rest = frame[start.Length..].TrimStart((byte)' ');
        if (rest.IsEmpty || rest[0] != '"')
        {
            return false;
        }

        rest = rest[1..];
        int end = rest.IndexOfAny((byte)'"', (byte)'\\');
        if (end < 0 || rest[end] != '"')
        {
            return false;
        }

        name = rest[..end];
        return true;
    }

    // Backwards from the end: the last brace closes the envelope, so digits before it are the top-level value.
    private static bool TryReadTail(ReadOnlySpan<byte> frame, out int offset, out int length, out long seq)
    {
        (offset, length, seq) = (0, 0, 0);
        ReadOnlySpan<byte> rest = TrimEnd(frame);
        if (rest.IsEmpty || rest[^1] != '}')
        {
            return false;
        }

        rest = TrimEnd(rest[..^1]);
        int digits = rest.Length - 1 - rest.LastIndexOfAnyExceptInRange((byte)'0', (byte)'9');
        offset = rest.Length - digits;
        length = digits;
        if (digits is 0 or > 18 || !Utf8Parser.TryParse(rest[offset..], out seq, out _))
        {
            return false;
        }

        rest = TrimEnd(rest[..offset]);
        if (rest.IsEmpty || rest[^1] != ':')
        {
            return false;
        }

        rest = TrimEnd(rest[..^1]);
        ReadOnlySpan<byte> key = "\"seq\""u8;

        // An escaped quote before the word would make it the end of a longer key.
        return rest.EndsWith(key) && rest.Length > key.Length && rest[^(key.Length + 1)] != '\\';
    }

    private static ReadOnlySpan<byte> TrimEnd(ReadOnlySpan<byte> text) => text.TrimEnd(" \r\n\t"u8);

    private static UpstreamFrame ReadSlowly(ReadOnlySpan<byte> frame)
    {
        ReadOnlySpan<byte> name = default;
        bool hasName = false;
        (int offset, int length, long seq) = (0, 0, 0);
        long? reply = null;

        var reader = new Utf8JsonReader(frame, new JsonReaderOptions { MaxDepth = 1000 });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return new UpstreamFrame(UpstreamFrameKind.Other);
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isEvent = reader.ValueTextEquals("event"u8);
                bool isSeq = reader.ValueTextEquals("seq"u8);
                bool isReply = reader.ValueTextEquals("seq_reply"u8);
                reader.Read();
                if (isEvent && reader.TokenType == JsonTokenType.String)
                {
                    name = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;
                    hasName = true;
                }
                else if (isSeq && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out seq))
                {
                    (offset, length) = ((int)reader.TokenStartIndex, reader.ValueSpan.Length);
                }
                else if (isReply && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long number))
                {
                    reply = number;
                }

                reader.Skip();
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with half a surrogate pair.
            return new UpstreamFrame(UpstreamFrameKind.Other);
        }

        if (hasName && length > 0)
        {
            return new UpstreamFrame(UpstreamFrameKind.Event)
            {
                EventName = name,
                Seq = seq,
                SeqOffset = offset,
                SeqLength = length,
                IsSlow = true,
            };
        }

        return reply is { } answered
            ? new UpstreamFrame(UpstreamFrameKind.Reply) { SeqReply = answered }
            : new UpstreamFrame(UpstreamFrameKind.Other);
    }
}
