using Microsoft.Playwright;

namespace Calls.Browser.Tests;

/// <summary>The distribution's Chromium, one process per fake microphone.</summary>
internal static class Chromium
{
    public static string? Path { get; } = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);

    /// <param name="microphone">16-bit PCM WAV file that plays in a loop as the microphone; <c>null</c> for the browser's own beeps.</param>
    /// <param name="program">Starts Chromium in another way; <c>null</c> = as it is.</param>
    /// <param name="more">Further arguments.</param>
    public static Task<IBrowser> LaunchAsync(IPlaywright playwright, string? microphone = null, string? program = null, params string[] more) =>
        playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = program ?? Path,
            Args =
            [
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                .. microphone is null ? (string[])[] : [$"--use-file-for-fake-audio-capture={microphone}"],
                "--autoplay-policy=no-user-gesture-required",
                "--allow-loopback-in-peer-connection",
                "--disable-features=WebRtcHideLocalIpsWithMdns",
                .. more,
            ],
        });
}
