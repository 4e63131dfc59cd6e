using System.Diagnostics;
using System.Text.Json;

namespace Calls.Browser.Tests;

/// <summary><c>calls demo</c> as a process of its own on free ports, with its database in a temporary folder.</summary>
internal sealed class DemoProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _folder;

    private DemoProcess(Process process, string folder, JsonElement start)
    {
        _process = process;
        _folder = folder;
        Url = new(start.GetProperty("url").GetString()!);
    }

    public Uri Url { get; }

    public static async Task<DemoProcess> StartAsync()
    {
        string folder = Directory.CreateTempSubdirectory("calls-demo-").FullName;
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (string argument in (string[])[Program(), "demo", "--json", "--http", "127.0.0.1:0", "--media-port", "0", "--media-address", "127.0.0.1"])
        {
            start.ArgumentList.Add(argument);
        }

        Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet could not be started.");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(StartLimit);
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith('{'))
            {
                _ = process.StandardOutput.ReadToEndAsync();
                return new(process, folder, JsonDocument.Parse(line).RootElement);
            }
        }

        throw new InvalidOperationException($"calls demo ended before it was ready: {await errors}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The program that was built with these tests.</summary>
    public static string Program()
    {
        // bin/<configuration>/<framework> of the tests and of the program have the same names.
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        string framework = output.Name;
        string configuration = output.Parent!.Name;
        DirectoryInfo root = output;
        while (!File.Exists(Path.Combine(root.FullName, "Plugin.sln")))
        {
            root = root.Parent ?? throw new InvalidOperationException("Plugin.sln was not found above the tests.");
        }

        return Path.Combine(root.FullName, "server/Calls.Server/bin", configuration, framework, "calls.dll");
    }
}
