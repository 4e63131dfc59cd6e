using System.Text.Json;
using System.Text.Json.Nodes;

namespace Calls.Network.Peer;

/// <summary>JSON objects on standard input and output, one per line.</summary>
internal static class Lines
{
    private static readonly Lock Gate = new();

    public static void Write(JsonObject line)
    {
        lock (Gate)
        {
            Console.Out.WriteLine(line.ToJsonString(JsonSerializerOptions.Web));
            Console.Out.Flush();
        }
    }

    /// <summary>The next line; <c>null</c> at the end of the input.</summary>
    public static JsonObject? Read() => Console.In.ReadLine() is { } line ? JsonNode.Parse(line)!.AsObject() : null;
}
