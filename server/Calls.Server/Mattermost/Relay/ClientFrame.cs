using System.Text.Json;
using Calls.MessagePack;
using Calls.Server.Signaling;

namespace Calls.Server.Mattermost.Relay;

/// <summary>A frame of a client, text JSON or binary MessagePack (mattermost-integration.md 3.4).</summary>
/// <param name="Action">Without our prefix; empty unless the frame is a Calls action.</param>
/// <param name="Token">The token of a challenge.</param>
internal readonly record struct ClientFrame(ClientFrameKind Kind, string Action, ClientData Data, string? Token)
{
    private static readonly ClientFrame Native = new(ClientFrameKind.Native, "", ClientData.Empty, null);

    /// <summary>Decides what a frame is. Never throws: what cannot be decoded is left to Mattermost, which closes the socket.</summary>
    public static ClientFrame Read(ReadOnlySpan<byte> frame, bool isText) => isText ? ReadText(frame) : ReadBinary(frame);

    private static ClientFrame ReadText(ReadOnlySpan<byte> frame)
    {
        string? action = null;
        ReadOnlySpan<byte> data = default;
        var reader = new Utf8JsonReader(frame, new JsonReaderOptions { MaxDepth = CallsProtocol.MaxClientFrameBytes });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return Native;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                // Mattermost's decoder ignores the case of keys and lets the last one win; so do we, or a frame could be
                // native for one of us and a Calls action for the other (mattermost-integration.md 9.8).
                string key = reader.GetString()!;
                reader.Read();
                if (string.Equals(key, "action", StringComparison.OrdinalIgnoreCase))
                {
                    if (reader.TokenType == JsonTokenType.String)
                    {
                        action = reader.GetString();
                    }
                    else if (reader.TokenType != JsonTokenType.Null)
                    {
                        return Native;
                    }
                }
                else if (string.Equals(key, "data", StringComparison.OrdinalIgnoreCase))
                {
                    int start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    data = frame[start..(int)reader.BytesConsumed];
                }

                reader.Skip();
            }

            if (reader.TokenType != JsonTokenType.EndObject)
            {
                return Native;
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return Native;
        }

        return action is null ? Native : Decide(action, data);
    }

    private static ClientFrame Decide(string action, ReadOnlySpan<byte> data)
    {
        bool isCalls = action.StartsWith(CallsProtocol.Prefix, StringComparison.Ordinal);
        bool isChallenge = !isCalls && action == "authentication_challenge";
        if (!isCalls && !isChallenge)
        {
            return Native;
        }

        object? values = null;
        bool isUsable = data.IsEmpty || JsonValue.TryRead(data, CallsProtocol.MaxDataDepth, out values);
        return Build(action, isCalls, isUsable, values);
    }

    private static ClientFrame Build(string action, bool isCalls, bool isUsable, object? data)
    {
        isUsable &= data is null or IReadOnlyDictionary<string, object?>;
        ClientData values = data is IReadOnlyDictionary<string, object?> map ? new ClientData(map) : ClientData.Empty;
        if (!isCalls)
        {
            return values.String("token") is { } token ? Native with { Kind = ClientFrameKind.Challenge, Token = token } : Native;
        }

        ClientFrameKind kind = isUsable ? ClientFrameKind.Calls : ClientFrameKind.Unusable;
        return new ClientFrame(kind, action[CallsProtocol.Prefix.Length..], values, null);
    }

    private static ClientFrame ReadBinary(ReadOnlySpan<byte> frame)
    {
        var reader = new MessagePackReader(frame);
        if (!MessagePackValue.TryRead(ref reader, CallsProtocol.MaxDataDepth, out object? value)
            || value is not IReadOnlyDictionary<string, object?> envelope
            || envelope.GetValueOrDefault("action") is not string action)
        {
            return Native;
        }

        bool isCalls = action.StartsWith(CallsProtocol.Prefix, StringComparison.Ordinal);
        return isCalls || action == "authentication_challenge"
            ? Build(action, isCalls, isUsable: true, envelope.GetValueOrDefault("data"))
            : Native;
    }
}
