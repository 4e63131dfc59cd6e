using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Calls.Browser.Tests.Interop;

/// <summary>A page in a Firefox of its own, without a window and with a profile that is thrown away.</summary>
internal sealed class FirefoxPage : IBrowserPage
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _profile;
    private readonly Marionette _marionette = new();

    private FirefoxPage(Process process, string profile) => (_process, _profile) = (process, profile);

    public static string? Path { get; } = new[] { "/usr/bin/firefox-esr", "/usr/bin/firefox" }.FirstOrDefault(File.Exists);

    // A port of its choice, sound without a click, and candidates as they are: also on machines that only have a loopback interface.
    private static string Preferences => """
        user_pref("marionette.port", 0);
        user_pref("media.autoplay.default", 0);
        user_pref("media.autoplay.blocking_policy", 0);
        user_pref("media.peerconnection.ice.loopback", true);
        user_pref("media.peerconnection.ice.obfuscate_host_addresses", false);
        user_pref("app.update.enabled", false);
        user_pref("datareporting.policy.dataSubmissionEnabled", false);
        user_pref("browser.shell.checkDefaultBrowser", false);
        user_pref("network.captive-portal-service.enabled", false);
        user_pref("network.connectivity-service.enabled", false);
        """;

    public static async Task<FirefoxPage> LaunchAsync()
    {
        string profile = Directory.CreateTempSubdirectory("calls-firefox-").FullName;
        await File.WriteAllTextAsync(System.IO.Path.Combine(profile, "user.js"), Preferences);
        var start = new ProcessStartInfo(Path!) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["--headless", "--no-remote", "--marionette", "--profile", profile])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["HOME"] = profile;
        Process process = Process.Start(start) ?? throw new InvalidOperationException("Firefox could not be started.");
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        var page = new FirefoxPage(process, profile);
        try
        {
            await page._marionette.ConnectAsync(await PortAsync(profile));
            return page;
        }
        catch
        {
            await page.DisposeAsync();
            throw;
        }
    }

    public Task OpenAsync(Uri url) => _marionette.CallAsync("WebDriver:Navigate", new { url = url.ToString() });

    public async Task<string> EvaluateAsync(string expression)
    {
        JsonElement result = await _marionette.CallAsync("WebDriver:ExecuteScript", new { script = $"return {expression}", args = Array.Empty<object>() });
        return result.GetProperty("value").GetString() ?? "";
    }

    public async ValueTask DisposeAsync()
    {
        _marionette.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_profile, recursive: true);
    }

    // Firefox writes the port into its profile once it listens.
    private static async Task<int> PortAsync(string profile)
    {
        using var limit = new CancellationTokenSource(StartLimit);
        string file = System.IO.Path.Combine(profile, "MarionetteActivePort");
        while (true)
        {
            if (File.Exists(file) && int.TryParse(await File.ReadAllTextAsync(file, limit.Token), CultureInfo.InvariantCulture, out int port))
            {
                return port;
            }

            await Task.Delay(50, limit.Token);
        }
    }
}
