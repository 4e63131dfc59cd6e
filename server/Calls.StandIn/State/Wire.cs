using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Calls.StandIn.State;

/// <summary>How state becomes JSON: snake case, no escaping beyond what JSON asks for.</summary>
internal static class Wire
{
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = false,
    };

    public static readonly JsonElement EmptyObject = JsonDocument.Parse("{}").RootElement.Clone();

    public static byte[] ToUtf8<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Json);

    public static string ToText<T>(T value) => JsonSerializer.Serialize(value, Json);

    public static JsonNode? ToNode<T>(T value) => JsonSerializer.SerializeToNode(value, Json);

    public static JsonElement ToElement(JsonNode node) => JsonSerializer.SerializeToElement(node, Json);

    public static JsonObject ToObject(JsonElement element) => JsonObject.Create(element)!.DeepClone().AsObject();
}
