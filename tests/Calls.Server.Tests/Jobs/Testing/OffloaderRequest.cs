using System.Text.Json;

namespace Calls.Server.Tests.Jobs.Testing;

/// <summary>A request to the job service.</summary>
/// <param name="Client">Who asked; empty without credentials.</param>
/// <param name="Body">Undefined if there was none.</param>
internal sealed record OffloaderRequest(string Method, string Path, string Client, string Key, JsonElement Body)
{
    /// <summary>What the worker of a job is started with.</summary>
    public JsonElement Input => Body.GetProperty("input_data");

    public string InputText(string key) => Input.GetProperty(key).GetString()!;
}
