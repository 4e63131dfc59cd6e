using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Calls.Server.Tests.Commands;

/// <summary>The built program as an operator runs it, in a process and a working directory of its own.</summary>
internal sealed class CallsProcess : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private CallsProcess(Process process) => _process = process;

    public static CallsProcess Start(string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "calls.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (string inherited in start.Environment.Keys.Where(static key => key.StartsWith("MM_CALLS_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(inherited);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new(Process.Start(start)!);
    }

    /// <summary>Runs the program to its end.</summary>
    public static async Task<(int Code, string Output, string Error)> RunAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        await using CallsProcess calls = Start(arguments, environment);
        Task<string> output = calls._process.StandardOutput.ReadToEndAsync();
        Task<string> error = calls._process.StandardError.ReadToEndAsync();
        await calls._process.WaitForExitAsync().WaitAsync(Limit);
        return (calls._process.ExitCode, await output, await error);
    }

    /// <summary>Reads the log until a line that contains <paramref name="text"/>.</summary>
    public async Task WaitForErrorLineAsync(string text)
    {
        var seen = new List<string>();
        while (await _process.StandardError.ReadLineAsync().WaitAsync(Limit) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return;
            }

            seen.Add(line);
        }

        Assert.Fail($"The program ended before \"{text}\":\n{string.Join('\n', seen)}");
    }

    /// <summary>Ends the program without any chance to finish its work.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Limit);
    }

    /// <summary>A port that nobody uses now, low enough for a plugin setting (configuration.md: 80 to 49151).</summary>
    public static int FreePort(ProtocolType protocol)
    {
        for (int attempt = 0; attempt < 1000; attempt++)
        {
            int port = Random.Shared.Next(10_000, 32_000);
            using var probe = new Socket(AddressFamily.InterNetwork, protocol == ProtocolType.Udp ? SocketType.Dgram : SocketType.Stream, protocol);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                continue;
            }
        }

        throw new InvalidOperationException("There is no free port.");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }
}
