namespace Calls.Server.Configuration;

/// <summary>What concerns jobs and is no setting of the plugin: names as in the environment (configuration.md 5.2).</summary>
public sealed record JobServiceOptions
{
    private const string RecorderPrefix = "MM_CALLS_RECORDER_";
    private const string TranscriberPrefix = "MM_CALLS_TRANSCRIBER_";

    /// <summary>Empty = not given.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>Secret; empty = not given.</summary>
    public string AuthKey { get; init; } = "";

    /// <summary>Where the images of recorder and transcriber come from.</summary>
    public string ImageRegistry { get; init; } = "mattermost";

    /// <summary>Added to every recorder's input, over what we put there.</summary>
    public IReadOnlyDictionary<string, string> RecorderExtras { get; init; } = new Dictionary<string, string>();

    /// <summary>Added to every transcriber's input, over what we put there.</summary>
    public IReadOnlyDictionary<string, string> TranscriberExtras { get; init; } = new Dictionary<string, string>();

    /// <summary>Secret: the token that recorder and transcriber log in with.</summary>
    public string BotToken { get; init; } = "";

    /// <summary>That token is the service bot's own, which may do everything.</summary>
    public bool IsServiceBot { get; init; }

    /// <summary>Reads what the environment says; the token is another matter.</summary>
    public static JobServiceOptions Read(IReadOnlyDictionary<string, string> environment)
    {
        var defaults = new JobServiceOptions();
        return new()
        {
            ClientId = Given(environment, "MM_CLOUD_INSTALLATION_ID") ?? Given(environment, "MM_CALLS_JOB_SERVICE_CLIENT_ID") ?? "",
            AuthKey = Given(environment, "MM_CALLS_JOB_SERVICE_AUTH_KEY") ?? "",
            ImageRegistry = Given(environment, "MM_CALLS_JOB_SERVICE_IMAGE_REGISTRY") ?? defaults.ImageRegistry,
            RecorderExtras = WithPrefix(environment, RecorderPrefix),
            TranscriberExtras = WithPrefix(environment, TranscriberPrefix),
        };
    }

    /// <summary>Never shows a secret.</summary>
    public override string ToString() => nameof(JobServiceOptions);

    private static string? Given(IReadOnlyDictionary<string, string> environment, string name) =>
        environment.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    private static Dictionary<string, string> WithPrefix(IReadOnlyDictionary<string, string> environment, string prefix) => environment
        .Where(variable => variable.Key.Length > prefix.Length && variable.Key.StartsWith(prefix, StringComparison.Ordinal))
        .ToDictionary(variable => variable.Key[prefix.Length..].ToLowerInvariant(), variable => variable.Value);
}
