using System.Buffers;
using Calls.MessagePack;

namespace Calls.Rtcd.Protocol;

/// <summary>
/// Writes the payload of one binary frame: the type and the data, two MessagePack values without anything around them (rtcd.md 5).
/// </summary>
public static class RtcdMessageWriter
{
    /// <exception cref="ArgumentException">A message that is never sent.</exception>
    public static void Write(RtcdMessage message, IBufferWriter<byte> output)
    {
        var writer = new MessagePackWriter(output);
        switch (message)
        {
            case HelloMessage hello:
                writer.WriteUtf8(MessageName.Hello);
                WriteMap(writer, "clientID"u8, hello.ClientId, "connID"u8, hello.ConnectionId);
                break;
            case JoinMessage join:
                writer.WriteUtf8(MessageName.Join);
                Write(writer, join);
                break;
            case LeaveMessage leave:
                WriteSession(writer, MessageName.Leave, leave.SessionId);
                break;
            case ReconnectMessage reconnect:
                WriteSession(writer, MessageName.Reconnect, reconnect.SessionId);
                break;
            case CloseMessage close:
                WriteSession(writer, MessageName.Close, close.SessionId);
                break;
            case RtcMessage rtc:
                writer.WriteUtf8(MessageName.Rtc);
                WriteEnvelope(writer, rtc.GroupId, rtc.UserId, rtc.SessionId, rtc.CallId, rtc.Type, rtc.Data.Span);
                break;
            case VoiceActivityMessage voice:
                writer.WriteUtf8(MessageName.VoiceActivity);
                WriteEnvelope(writer, voice.GroupId, voice.UserId, voice.SessionId, voice.CallId, voice.Type, []);
                break;
            default:
                throw new ArgumentException($"{message.GetType().Name} is never sent.", nameof(message));
        }
    }

    /// <summary>The payload of one frame.</summary>
    public static byte[] ToBytes(RtcdMessage message)
    {
        var output = new ArrayBufferWriter<byte>(256);
        Write(message, output);
        return output.WrittenSpan.ToArray();
    }

    private static void Write(MessagePackWriter writer, JoinMessage join)
    {
        (string Key, object? Value)[] optional = [.. new (string Key, object? Value)[]
        {
            ("channelID", join.ChannelId), ("av1Support", join.Av1Support), ("dcSignaling", join.DcSignaling),
        }.Where(static pair => pair.Value is not null)];
        writer.WriteMapHeader(3 + optional.Length);
        WritePair(writer, "callID"u8, join.CallId);
        WritePair(writer, "userID"u8, join.UserId);
        WritePair(writer, "sessionID"u8, join.SessionId);
        foreach ((string key, object? value) in optional)
        {
            writer.WriteString(key);
            writer.WriteValue(value);
        }
    }

    private static void WriteSession(MessagePackWriter writer, ReadOnlySpan<byte> type, string sessionId)
    {
        writer.WriteUtf8(type);
        writer.WriteMapHeader(1);
        WritePair(writer, "sessionID"u8, sessionId);
    }

    private static void WriteMap(MessagePackWriter writer, ReadOnlySpan<byte> key1, string value1, ReadOnlySpan<byte> key2, string value2)
    {
        writer.WriteMapHeader(2);
        WritePair(writer, key1, value1);
        WritePair(writer, key2, value2);
    }

    // The order of the keys is part of the wire format; empty data is left out (rtcd.md 5.1).
    private static void WriteEnvelope(
        MessagePackWriter writer, string groupId, string userId, string sessionId, string callId, int type, ReadOnlySpan<byte> data)
    {
        writer.WriteMapHeader(data.IsEmpty ? 5 : 6);
        WritePair(writer, "group_id"u8, groupId);
        WritePair(writer, "user_id"u8, userId);
        WritePair(writer, "session_id"u8, sessionId);
        WritePair(writer, "call_id"u8, callId);
        writer.WriteUtf8("type"u8);
        writer.WriteInteger(type);
        if (!data.IsEmpty)
        {
            writer.WriteUtf8("data"u8);
            writer.WriteBinary(data);
        }
    }

    private static void WritePair(MessagePackWriter writer, ReadOnlySpan<byte> key, string value)
    {
        writer.WriteUtf8(key);
        writer.WriteString(value);
    }
}
