using System.Diagnostics.CodeAnalysis;
using Calls.MessagePack;

namespace Calls.Rtc.DataChannels;

/// <summary>Decodes messages of <c>calls-dc</c>: a MessagePack integer, then the payload if the type has one (media.md 5.2).</summary>
public static class CallsChannelReader
{
    /// <summary>The type alone; <c>null</c> if there is none that is known.</summary>
    public static CallsChannelMessageType? PeekType(ReadOnlySpan<byte> bytes)
    {
        var reader = new MessagePackReader(bytes);
        return reader.TryReadInteger(out long number) && IsKnown(number) ? (CallsChannelMessageType)number : null;
    }

    /// <summary>Never throws. What follows a complete message is ignored.</summary>
    public static CallsChannelResult TryRead(ReadOnlySpan<byte> bytes, out CallsChannelMessage? message)
    {
        message = null;
        var reader = new MessagePackReader(bytes);
        if (!reader.TryReadInteger(out long number))
        {
            return CallsChannelResult.NoType;
        }

        if (!IsKnown(number))
        {
            return CallsChannelResult.UnknownType;
        }

        var type = (CallsChannelMessageType)number;
        switch (type)
        {
            case CallsChannelMessageType.Sdp:
                return TryReadSdp(ref reader, out message);
            case CallsChannelMessageType.LossRate:
            case CallsChannelMessageType.RoundTripTime:
            case CallsChannelMessageType.Jitter:
                if (!reader.TryReadNumber(out double value) || !double.IsFinite(value))
                {
                    return CallsChannelResult.BadPayload;
                }

                message = new CallsChannelMessage(type) { Number = value };
                return CallsChannelResult.Ok;
            case CallsChannelMessageType.Lock:
                message = new CallsChannelMessage(type) { IsGranted = reader.TryReadBoolean(out bool isGranted) ? isGranted : null };
                return CallsChannelResult.Ok;
            case CallsChannelMessageType.MediaMap:
                if (!TryReadMediaMap(ref reader, out Dictionary<string, MediaMapEntry>? map))
                {
                    return CallsChannelResult.BadPayload;
                }

                message = new CallsChannelMessage(type) { MediaMap = map };
                return CallsChannelResult.Ok;
            default:
                message = new CallsChannelMessage(type);
                return CallsChannelResult.Ok;
        }
    }

    private static bool IsKnown(long number) => number is >= (int)CallsChannelMessageType.Ping and <= (int)CallsChannelMessageType.MediaMap;

    private static CallsChannelResult TryReadSdp(ref MessagePackReader reader, out CallsChannelMessage? message)
    {
        message = null;
        if (!reader.TryReadBinary(out ReadOnlySpan<byte> compressed))
        {
            return CallsChannelResult.BadPayload;
        }

        CallsChannelResult result = CompressedSdp.TryInflate(compressed, out ReadOnlyMemory<byte> json);
        message = result == CallsChannelResult.Ok ? new CallsChannelMessage(CallsChannelMessageType.Sdp) { SdpJson = json } : null;
        return result;
    }

    private static bool TryReadMediaMap(ref MessagePackReader reader, [NotNullWhen(true)] out Dictionary<string, MediaMapEntry>? map)
    {
        map = null;
        if (!reader.TryReadMapHeader(out int count))
        {
            return false;
        }

        var entries = new Dictionary<string, MediaMapEntry>(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadString(out string? mid) || !TryReadEntry(ref reader, out MediaMapEntry entry))
            {
                return false;
            }

            entries[mid] = entry;
        }

        map = entries;
        return true;
    }

    private static bool TryReadEntry(ref MessagePackReader reader, out MediaMapEntry entry)
    {
        entry = default;
        if (!reader.TryReadMapHeader(out int count))
        {
            return false;
        }

        string? type = null;
        string? senderId = null;
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadUtf8(out ReadOnlySpan<byte> key))
            {
                return false;
            }

            bool isRead = key.SequenceEqual("type"u8) ? reader.TryReadString(out type)
                : key.SequenceEqual("sender_id"u8) ? reader.TryReadString(out senderId)
                : reader.TrySkip();
            if (!isRead)
            {
                return false;
            }
        }

        entry = new MediaMapEntry(type ?? "", senderId ?? "");
        return true;
    }
}
