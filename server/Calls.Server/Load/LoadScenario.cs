using System.Text.Json;

namespace Calls.Server.Load;

/// <summary>A file of runs: a JSON array of objects with the names of the options (<c>calls</c>, <c>users</c>, <c>unmuted</c>, ...).</summary>
internal static class LoadScenario
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNameCaseInsensitive = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    /// <exception cref="FormatException">It is no such file; the text says where.</exception>
    public static IReadOnlyList<LoadOptions> Parse(string json)
    {
        LoadOptions[] runs;
        try
        {
            runs = JsonSerializer.Deserialize<LoadOptions[]>(json, Json) ?? [];
        }
        catch (JsonException malformed)
        {
            throw new FormatException($"line {malformed.LineNumber + 1}: {malformed.Message.Split(" Path:")[0]}", malformed);
        }

        if (runs.Length == 0)
        {
            throw new FormatException("there is no run in it");
        }

        foreach (LoadOptions run in runs)
        {
            if (run.Fault is { } fault)
            {
                throw new FormatException($"{(run.Name.Length > 0 ? run.Name : "a run")}: {fault}");
            }
        }

        return runs;
    }
}
