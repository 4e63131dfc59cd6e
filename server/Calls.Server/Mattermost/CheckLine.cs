namespace Calls.Server.Mattermost;

/// <summary>One line of the self-check.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Text">What was found, and what to do if it is wrong.</param>
internal sealed record CheckLine(CheckLevel Level, string Name, string Text)
{
    public static CheckLine Pass(string name, string text) => new(CheckLevel.Pass, name, text);

    public static CheckLine Warn(string name, string text) => new(CheckLevel.Warning, name, text);

    public static CheckLine Fail(string name, string text) => new(CheckLevel.Failure, name, text);
}
