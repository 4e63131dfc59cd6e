namespace Calls.Browser.Tests;

/// <summary>A test that needs Chromium; skipped, with the reason, where there is none.</summary>
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Chromium.Path is null)
        {
            Skip = "Chromium is not installed: apt-get install chromium, or bash tests/run.sh --install";
        }
    }
}
