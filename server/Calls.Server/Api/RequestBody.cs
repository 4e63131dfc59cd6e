using System.Text.Json;

namespace Calls.Server.Api;

/// <summary>The JSON body of a request as the reference decodes it (rest-api.md 1.7).</summary>
internal sealed class RequestBody
{
    /// <summary>Bytes a body may have.</summary>
    internal const int MaxBytes = 1024 * 1024;

    private readonly Dictionary<string, JsonElement> _values;

    private RequestBody(Dictionary<string, JsonElement> values) => _values = values;

    /// <summary>Reads the first JSON value; what follows it is ignored, and so is the content type.</summary>
    /// <returns>The body, or what is wrong with it.</returns>
    public static async Task<(RequestBody? Body, string Problem)> ReadAsync(HttpRequest request, int maxBytes = MaxBytes)
    {
        byte[] buffer = new byte[4096];
        int length = 0;
        int read;
        while ((read = await request.Body.ReadAsync(buffer.AsMemory(length), request.HttpContext.RequestAborted)) > 0)
        {
            length += read;
            if (length > maxBytes)
            {
                return (null, "http: request body too large");
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(buffer.Length * 4, maxBytes + 1));
            }
        }

        return Parse(buffer.AsSpan(0, length));
    }

    /// <summary>A boolean; false if it is missing or null.</summary>
    /// <returns>False if it is of another type.</returns>
    public bool TryGetBool(string name, out bool value)
    {
        JsonValueKind kind = _values.TryGetValue(name, out JsonElement element) ? element.ValueKind : JsonValueKind.Null;
        value = kind == JsonValueKind.True;
        return kind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null;
    }

    /// <summary>A string; empty if it is missing or null.</summary>
    /// <returns>False if it is of another type.</returns>
    public bool TryGetString(string name, out string value)
    {
        JsonValueKind kind = _values.TryGetValue(name, out JsonElement element) ? element.ValueKind : JsonValueKind.Null;
        value = string.Empty;
        return kind == JsonValueKind.String ? TryGetText(element, out value) : kind == JsonValueKind.Null;
    }

    /// <summary>An object as JSON text; <c>null</c> as text if it is missing or null.</summary>
    /// <returns>False if it is of another type.</returns>
    public bool TryGetObject(string name, out string json)
    {
        JsonValueKind kind = _values.TryGetValue(name, out JsonElement element) ? element.ValueKind : JsonValueKind.Null;
        json = kind == JsonValueKind.Object ? element.GetRawText() : "null";
        return kind is JsonValueKind.Object or JsonValueKind.Null;
    }

    /// <summary>A whole number; 0 if it is missing or null.</summary>
    /// <returns>False if it is of another type.</returns>
    public bool TryGetInt64(string name, out long value)
    {
        value = 0;
        JsonValueKind kind = _values.TryGetValue(name, out JsonElement element) ? element.ValueKind : JsonValueKind.Null;
        return kind == JsonValueKind.Null || (kind == JsonValueKind.Number && element.TryGetInt64(out value));
    }

    /// <summary>A list of strings; empty if it is missing or null.</summary>
    /// <returns>False if it is of another type.</returns>
    public bool TryGetStrings(string name, out IReadOnlyList<string> values)
    {
        bool isList = TryGetItems(name, JsonValueKind.String, out IReadOnlyList<JsonElement> items);
        List<string> texts = [];
        foreach (JsonElement item in items)
        {
            isList &= TryGetText(item, out string text);
            texts.Add(text);
        }

        values = texts;
        return isList;
    }

    /// <summary>A list of objects; empty if it is missing or null.</summary>
    /// <returns>False if it is of another type.</returns>
    public bool TryGetObjects(string name, out IReadOnlyList<RequestBody> values)
    {
        bool isList = TryGetItems(name, JsonValueKind.Object, out IReadOnlyList<JsonElement> items);
        values = [.. items.Select(Of)];
        return isList;
    }

    /// <summary>The text for a value of the wrong type.</summary>
    public static string WrongType(string name) => $"json: cannot unmarshal value of field {name}";

    // Half a surrogate pair, or bytes that are no UTF-8, pass as JSON until they are looked at.
    private static bool TryGetText(JsonElement element, out string text)
    {
        try
        {
            text = element.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            text = string.Empty;
            return false;
        }
    }

    private bool TryGetItems(string name, JsonValueKind kind, out IReadOnlyList<JsonElement> items)
    {
        items = [];
        JsonValueKind found = _values.TryGetValue(name, out JsonElement element) ? element.ValueKind : JsonValueKind.Null;
        if (found != JsonValueKind.Array)
        {
            return found == JsonValueKind.Null;
        }

        JsonElement[] all = [.. element.EnumerateArray()];
        if (!Array.TrueForAll(all, item => item.ValueKind == kind))
        {
            return false;
        }

        items = all;
        return true;
    }

    // Names match in any case, and the last of several counts.
    private static RequestBody Of(JsonElement element)
    {
        Dictionary<string, JsonElement> values = new(StringComparer.OrdinalIgnoreCase);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            values[property.Name] = property.Value;
        }

        return new RequestBody(values);
    }

    private static (RequestBody? Body, string Problem) Parse(ReadOnlySpan<byte> json)
    {
        if (json.Trim(" \t\r\n"u8).IsEmpty)
        {
            return (null, "EOF");
        }

        try
        {
            Utf8JsonReader reader = new(json);
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            JsonElement root = document.RootElement;

            return root.ValueKind switch
            {
                JsonValueKind.Object => (Of(root.Clone()), string.Empty),
                JsonValueKind.Null => (new RequestBody([]), string.Empty),
                _ => (null, "json: cannot unmarshal value that is not an object"),
            };
        }
        catch (JsonException)
        {
            return (null, "invalid JSON");
        }
    }
}
