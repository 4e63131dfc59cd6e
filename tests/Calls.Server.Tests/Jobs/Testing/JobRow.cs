using System.Text.Json;

namespace Calls.Server.Tests.Jobs.Testing;

/// <summary>A row of <c>calls_jobs</c>, read past the service.</summary>
internal sealed record JobRow(string Id, string Type, string CreatorId, long InitAt, long StartAt, long EndAt, string Props)
{
    public string ServiceJob => Prop("job_id");

    public string Bot => Prop("bot_conn_id");

    public string Error => Prop("err");

    private string Prop(string name) =>
        JsonDocument.Parse(Props).RootElement.TryGetProperty(name, out JsonElement value) ? value.GetString()! : "";
}
