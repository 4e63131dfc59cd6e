using System.Text;
using System.Text.Unicode;
using Calls.MessagePack;

namespace Calls.Rtcd.Protocol;

/// <summary>Reads the payload of one binary frame (rtcd.md 5). Accepts whatever the reference's decoder accepts. Never throws.</summary>
public static class RtcdMessageReader
{
    /// <summary>Maps and arrays in each other that are looked into; nothing that is sent has more than two.</summary>
    public const int MaxDepth = 8;

    private const int EnvelopeFields = 6;

    public static RtcdReadResult TryRead(ReadOnlySpan<byte> frame, out RtcdMessage? message)
    {
        message = null;
        var reader = new MessagePackReader(frame);
        if (!TryReadText(ref reader, out ReadOnlySpan<byte> type))
        {
            return RtcdReadResult.Malformed;
        }

        return type switch
        {
            _ when type.SequenceEqual(MessageName.Rtc) => ReadEnvelope(ref reader, isVoice: false, out message),
            _ when type.SequenceEqual(MessageName.VoiceActivity) => ReadEnvelope(ref reader, isVoice: true, out message),
            _ when type.SequenceEqual(MessageName.Join) => ReadJoin(ref reader, out message),
            _ when type.SequenceEqual(MessageName.Leave) => ReadSession(ref reader, static session => new LeaveMessage(session), out message),
            _ when type.SequenceEqual(MessageName.Reconnect) => ReadSession(ref reader, static session => new ReconnectMessage(session), out message),
            _ when type.SequenceEqual(MessageName.Close) => ReadSession(ref reader, static session => new CloseMessage(session), out message),
            _ when type.SequenceEqual(MessageName.Hello) => ReadHello(ref reader, out message),
            _ => ReadUnknown(ref reader, out message),
        };
    }

    private static RtcdReadResult ReadUnknown(ref MessagePackReader reader, out RtcdMessage? message)
    {
        message = reader.TrySkip(MaxDepth) ? new UnknownMessage() : null;
        return message is null ? RtcdReadResult.Malformed : RtcdReadResult.Ok;
    }

    private static RtcdReadResult ReadHello(ref MessagePackReader reader, out RtcdMessage? message)
    {
        RtcdReadResult result = ReadStrings(ref reader, "clientID"u8, "connID"u8, out string clientId, out string connectionId);
        message = result == RtcdReadResult.Ok ? new HelloMessage(clientId, connectionId) : null;
        return result;
    }

    private static RtcdReadResult ReadSession(ref MessagePackReader reader, Func<string, RtcdMessage> create, out RtcdMessage? message)
    {
        RtcdReadResult result = ReadStrings(ref reader, "sessionID"u8, default, out string session, out _);
        message = result == RtcdReadResult.Ok ? create(session) : null;
        return result;
    }

    /// <summary>A map that has text only; anything else in it fails the whole message, as in the reference.</summary>
    private static RtcdReadResult ReadStrings(
        ref MessagePackReader reader, ReadOnlySpan<byte> key1, ReadOnlySpan<byte> key2, out string value1, out string value2)
    {
        value1 = value2 = "";
        MessagePackReader whole = reader;
        if (!whole.TrySkip(MaxDepth))
        {
            return RtcdReadResult.Malformed;
        }

        if (!reader.TryReadMapHeader(out int count) || count == 0)
        {
            return RtcdReadResult.UnexpectedData;
        }

        for (int i = 0; i < count; i++)
        {
            if (!TryReadText(ref reader, out ReadOnlySpan<byte> key))
            {
                return RtcdReadResult.Malformed;
            }

            if (!reader.TryReadString(out string? value))
            {
                return RtcdReadResult.UnexpectedData;
            }

            if (key.SequenceEqual(key1))
            {
                value1 = value;
            }
            else if (!key2.IsEmpty && key.SequenceEqual(key2))
            {
                value2 = value;
            }
        }

        return RtcdReadResult.Ok;
    }

    private static RtcdReadResult ReadJoin(ref MessagePackReader reader, out RtcdMessage? message)
    {
        message = null;
        MessagePackReader whole = reader;
        if (!whole.TrySkip(MaxDepth))
        {
            return RtcdReadResult.Malformed;
        }

        if (!reader.TryReadMapHeader(out int count) || count == 0)
        {
            return RtcdReadResult.UnexpectedData;
        }

        var join = new JoinMessage("", "", "");
        for (int i = 0; i < count; i++)
        {
            if (!TryReadText(ref reader, out ReadOnlySpan<byte> key))
            {
                return RtcdReadResult.Malformed;
            }

            bool isRead = key switch
            {
                _ when key.SequenceEqual("callID"u8) => TryReadId(ref reader, out string id) && Set(ref join, join with { CallId = id }),
                _ when key.SequenceEqual("userID"u8) => TryReadId(ref reader, out string id) && Set(ref join, join with { UserId = id }),
                _ when key.SequenceEqual("sessionID"u8) => TryReadId(ref reader, out string id) && Set(ref join, join with { SessionId = id }),
                _ when key.SequenceEqual("channelID"u8) => TryReadProp(ref reader, out object? prop) && Set(ref join, join with { ChannelId = prop }),
                _ when key.SequenceEqual("av1Support"u8) => TryReadProp(ref reader, out object? prop) && Set(ref join, join with { Av1Support = prop }),
                _ when key.SequenceEqual("dcSignaling"u8) => TryReadProp(ref reader, out object? prop) && Set(ref join, join with { DcSignaling = prop }),
                _ => reader.TrySkip(MaxDepth),
            };
            if (!isRead)
            {
                return RtcdReadResult.UnexpectedData;
            }
        }

        message = join;
        return RtcdReadResult.Ok;
    }

    private static bool Set(ref JoinMessage join, JoinMessage changed)
    {
        join = changed;
        return true;
    }

    private static bool TryReadId(ref MessagePackReader reader, out string id)
    {
        bool isRead = reader.TryReadString(out string? text);
        id = text ?? "";
        return isRead;
    }

    // Props are shown again in answers of the API: text, truth or nothing.
    private static bool TryReadProp(ref MessagePackReader reader, out object? prop)
    {
        switch (reader.PeekType())
        {
            case MessagePackType.String:
                bool isText = reader.TryReadString(out string? text);
                prop = text;
                return isText;
            case MessagePackType.Boolean:
                bool isRead = reader.TryReadBoolean(out bool boolean);
                prop = boolean;
                return isRead;
            default:
                prop = null;
                return reader.TrySkip(MaxDepth);
        }
    }

    private static RtcdReadResult ReadEnvelope(ref MessagePackReader reader, bool isVoice, out RtcdMessage? message)
    {
        message = null;
        var envelope = new RtcMessage("", "", "", "", 0, default);
        bool isRead = reader.PeekType() switch
        {
            MessagePackType.Nil => reader.TryReadNil(),
            MessagePackType.Array => TryReadFields(ref reader, ref envelope),
            _ => TryReadPairs(ref reader, ref envelope),
        };
        if (!isRead)
        {
            return RtcdReadResult.Malformed;
        }

        message = isVoice
            ? new VoiceActivityMessage(envelope.GroupId, envelope.UserId, envelope.SessionId, envelope.CallId, envelope.Type)
            : envelope;
        return RtcdReadResult.Ok;
    }

    private static bool TryReadPairs(ref MessagePackReader reader, ref RtcMessage envelope)
    {
        if (!reader.TryReadMapHeader(out int count))
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            if (!TryReadText(ref reader, out ReadOnlySpan<byte> key) || !TryReadField(ref reader, FieldOf(key), ref envelope))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryReadFields(ref MessagePackReader reader, ref RtcMessage envelope)
    {
        if (!reader.TryReadArrayHeader(out int count))
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            if (!TryReadField(ref reader, i < EnvelopeFields ? i : -1, ref envelope))
            {
                return false;
            }
        }

        return true;
    }

    private static int FieldOf(ReadOnlySpan<byte> key) => key switch
    {
        _ when key.SequenceEqual("group_id"u8) => 0,
        _ when key.SequenceEqual("user_id"u8) => 1,
        _ when key.SequenceEqual("session_id"u8) => 2,
        _ when key.SequenceEqual("call_id"u8) => 3,
        _ when key.SequenceEqual("type"u8) => 4,
        _ when key.SequenceEqual("data"u8) => 5,
        _ => -1,
    };

    private static bool TryReadField(ref MessagePackReader reader, int field, ref RtcMessage envelope)
    {
        switch (field)
        {
            case 4:
                if (!reader.TryReadInteger(out long type))
                {
                    return false;
                }

                envelope = envelope with { Type = type is > 0 and <= int.MaxValue ? (int)type : 0 };
                return true;
            case 5:
                return TryReadData(ref reader, ref envelope);
            case >= 0:
                if (!TryReadText(ref reader, out ReadOnlySpan<byte> text) && !reader.TryReadNil())
                {
                    return false;
                }

                string value = Encoding.UTF8.GetString(text);
                envelope = field switch
                {
                    0 => envelope with { GroupId = value },
                    1 => envelope with { UserId = value },
                    2 => envelope with { SessionId = value },
                    _ => envelope with { CallId = value },
                };
                return true;
            default:
                return reader.TrySkip(MaxDepth);
        }
    }

    private static bool TryReadData(ref MessagePackReader reader, ref RtcMessage envelope)
    {
        if (reader.TryReadNil())
        {
            return true;
        }

        if (!reader.TryReadBinary(out ReadOnlySpan<byte> data) && !reader.TryReadUtf8(out data))
        {
            return false;
        }

        envelope = envelope with { Data = data.ToArray() };
        return true;
    }

    /// <summary>A str, or a bin that stands for one. Invalid UTF-8 fails.</summary>
    private static bool TryReadText(ref MessagePackReader reader, out ReadOnlySpan<byte> text)
    {
        MessagePackReader start = reader;
        if ((reader.TryReadUtf8(out text) || reader.TryReadBinary(out text)) && Utf8.IsValid(text))
        {
            return true;
        }

        reader = start;
        text = default;
        return false;
    }
}
