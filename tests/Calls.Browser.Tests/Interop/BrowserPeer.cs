using System.Text.Json;
using System.Threading.Channels;

namespace Calls.Browser.Tests.Interop;

/// <summary>A browser as a peer: tests/interop/browser.</summary>
internal sealed class BrowserPeer : ForeignPeer
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(25);

    private readonly IBrowserPage _page;
    private readonly Channel<string> _told = Channel.CreateUnbounded<string>();
    private readonly CancellationTokenSource _ended = new();
    private Task _talking = Task.CompletedTask;

    public BrowserPeer(string session, IBrowserPage page)
        : base(session) => _page = page;

    public override void Tell(string line) => _told.Writer.TryWrite(line);

    public override async Task StartAsync()
    {
        await _page.OpenAsync(new Uri(Path.Combine(ProcessPeer.Scripts, "browser", "peer.html")));
        _talking = TalkAsync();
        await base.StartAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _talking;
        await _page.DisposeAsync();
        _ended.Dispose();
    }

    private async Task TalkAsync()
    {
        try
        {
            while (!_ended.IsCancellationRequested)
            {
                while (_told.Reader.TryRead(out string? line))
                {
                    await _page.EvaluateAsync($"(tell({line}), '')");
                }

                using JsonDocument said = JsonDocument.Parse(await _page.EvaluateAsync("peer.take()"));
                foreach (JsonElement line in said.RootElement.EnumerateArray())
                {
                    Hear(line.Clone());
                }

                await Task.Delay(Poll, _ended.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
        catch (Exception broken) when (broken is InvalidOperationException or IOException or Microsoft.Playwright.PlaywrightException)
        {
            Note(broken.Message);
        }
        finally
        {
            Ended();
        }
    }
}
