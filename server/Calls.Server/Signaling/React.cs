using System.Text.Json;
using Calls.Domain.Events;
using Calls.Domain.Sessions;

namespace Calls.Server.Signaling;

/// <summary><c>react</c>: shows an emoji to the participants.</summary>
internal sealed class React(SessionActions actions) : ISessionMessage
{
    public Task<MessageOutcome> HandleAsync(ClientMessage message, LocalSession session)
    {
        if (message.Data.String("data") is not { Length: > 0 } json)
        {
            return Task.FromResult(MessageOutcome.Rejected("invalid or missing reaction data"));
        }

        if (TryParse(json) is not { } emoji)
        {
            return Task.FromResult(MessageOutcome.Rejected("failed to unmarshal emoji data"));
        }

        actions.React(session, emoji);
        return Task.FromResult(MessageOutcome.Done);
    }

    private static Emoji? TryParse(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object
                && TryText(root, "name", out string name) && TryText(root, "skin", out string skin)
                && TryText(root, "unified", out string unified) && TryText(root, "literal", out string literal)
                ? new Emoji(name, skin, unified, literal)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // A missing part is empty; one of another type spoils the whole.
    private static bool TryText(JsonElement root, string key, out string text)
    {
        text = string.Empty;
        if (!root.TryGetProperty(key, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        text = value.GetString()!;
        return true;
    }
}
