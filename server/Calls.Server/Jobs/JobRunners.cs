using System.Text.Json;

namespace Calls.Server.Jobs;

/// <summary>The versions that belong to this one: props of the plugin's manifest (configuration.md 10).</summary>
internal sealed record JobRunners(string MinServiceVersion, string RecorderVersion, string TranscriberVersion)
{
    public static JobRunners OfManifest { get; } = Read();

    public string Recorder(string registry) => $"{registry}/calls-recorder:{RecorderVersion}";

    public string Transcriber(string registry) => $"{registry}/calls-transcriber:{TranscriberVersion}";

    private static JobRunners Read()
    {
        using Stream resource = typeof(JobRunners).Assembly.GetManifestResourceStream("manifest.json")
            ?? throw new InvalidOperationException("The manifest is not part of this build.");
        using var manifest = JsonDocument.Parse(resource);
        JsonElement props = manifest.RootElement.GetProperty("props");
        return new JobRunners(Text("min_offloader_version"), Text("calls_recorder_version"), Text("calls_transcriber_version"));

        string Text(string name) => props.GetProperty(name).GetString()!;
    }
}
