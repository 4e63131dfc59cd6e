using System.Diagnostics;
using System.Text.Json;

namespace Calls.Browser.Tests.Interop;

/// <summary>A program as a peer, with one line of JSON for each message on its standard input and output.</summary>
internal sealed class ProcessPeer : ForeignPeer
{
    private readonly Process _process;
    private readonly Task _listening;
    private readonly Task _complaining;

    public ProcessPeer(string session, string program, params string[] arguments)
        : base(session)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Scripts,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start) ?? throw new InvalidOperationException($"{program} could not be started.");
        _process.StandardInput.AutoFlush = true;
        _listening = ListenAsync();
        _complaining = ComplainAsync();
    }

    /// <summary>The folder with the peers' scripts.</summary>
    public static string Scripts { get; } = FindScripts();

    public override void Tell(string line)
    {
        try
        {
            lock (_process)
            {
                _process.StandardInput.WriteLine(line);
            }
        }
        catch (IOException)
        {
            // It has ended; whoever waits for it is told so.
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await Task.WhenAll(_listening, _complaining);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task ListenAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith('{'))
            {
                Hear(JsonDocument.Parse(line).RootElement);
            }
            else
            {
                Note(line);
            }
        }

        Ended();
    }

    private async Task ComplainAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            Note(line);
        }
    }

    private static string FindScripts()
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Plugin.sln")))
        {
            root = root.Parent;
        }

        return Path.Combine(root!.FullName, "tests", "interop");
    }
}
