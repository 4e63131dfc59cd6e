namespace Calls.Server.Load;

/// <summary>A bar on a terminal; silent where there is none, so that a log stays readable.</summary>
internal sealed class Progress(TextWriter output, bool isTerminal)
{
    private const int Width = 30;

    private string _shown = "";

    public void Show(string step, double share)
    {
        int filled = (int)(Math.Clamp(share, 0, 1) * Width);
        string line = $"[{new string('#', filled)}{new string('.', Width - filled)}] {step}";
        if (isTerminal && line != _shown)
        {
            output.Write($"\r{line.PadRight(_shown.Length)}");
            _shown = line;
        }
    }

    /// <summary>Takes the bar away.</summary>
    public void End()
    {
        if (_shown.Length > 0)
        {
            output.Write($"\r{new string(' ', _shown.Length)}\r");
            _shown = "";
        }
    }
}
