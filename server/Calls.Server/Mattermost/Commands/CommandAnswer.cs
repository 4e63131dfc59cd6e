using System.Text.Json;

namespace Calls.Server.Mattermost.Commands;

/// <summary>The answer to a slash command: only its user sees it, and without text nothing is shown.</summary>
internal static class CommandAnswer
{
    public static Task WriteAsync(HttpResponse response, string text)
    {
        response.ContentType = "application/json";
        return response.WriteAsync(JsonSerializer.Serialize(new { response_type = "ephemeral", text }));
    }
}
