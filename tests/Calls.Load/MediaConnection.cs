using System.Collections.Concurrent;
using System.Diagnostics;
using Calls.Rtc;

namespace Calls.Load;

/// <summary>The generator's end of the server process.</summary>
internal sealed class MediaConnection : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<ServerStatistics>? _statistics;

    public MediaConnection()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(MediaConnection).Assembly.Location);
        }

        start.ArgumentList.Add("serve-media");
        _process = Process.Start(start) ?? throw new InvalidOperationException("The server process did not start.");
        _process.OutputDataReceived += (_, line) => Receive(line.Data);
        _process.BeginOutputReadLine();
    }

    /// <summary>Messages for clients, to be taken by the generator's thread.</summary>
    public ConcurrentQueue<(string Session, byte[] Json)> Messages { get; } = new();

    public Task Ready => _ready.Task;

    public void Init(string session, string call) => Write($"init {session} {call}");

    public void Send(string session, RtcMessageType type, ReadOnlyMemory<byte> json) => Write($"send {session} {type} {Convert.ToBase64String(json.Span)}");

    public Task<ServerStatistics> ReadStatisticsAsync()
    {
        _statistics = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Write("stats");
        return _statistics.Task;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Write(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    private void Receive(string? line)
    {
        string[] words = line?.Split(' ') ?? [""];
        switch (words[0])
        {
            case "ready":
                _ready.SetResult();
                break;
            case "message":
                Messages.Enqueue((words[1], Convert.FromBase64String(words[3])));
                break;
            case "stats":
                _statistics?.SetResult(ServerStatistics.Parse(words));
                break;
        }
    }
}
