namespace Calls.Server.Jobs;

/// <summary>A job as the job service takes it.</summary>
/// <param name="Type"><c>recording</c> or <c>transcribing</c>.</param>
/// <param name="Runner">The image.</param>
/// <param name="Input">Becomes the worker's environment, names in upper case.</param>
internal sealed record OffloaderJob(string Type, string Runner, TimeSpan MaxDuration, IReadOnlyDictionary<string, object> Input)
{
    public object ToBody() => new Dictionary<string, object>
    {
        ["type"] = Type,
        ["runner"] = Runner,
        ["max_duration_sec"] = (long)MaxDuration.TotalSeconds,
        ["input_data"] = Input,
    };

    /// <summary>The input holds the bot's token.</summary>
    public override string ToString() => $"{Type} job";
}
