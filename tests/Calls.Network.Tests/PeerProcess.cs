using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Calls.Network.Tests;

/// <summary>One end of a call as a process on a host of the lab, and what it said last.</summary>
internal abstract class PeerProcess : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly Thread _reader;
    private readonly Task<string> _errors;
    private readonly Lock _gate = new();
    private readonly List<string> _log = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected PeerProcess(string host, params string[] arguments)
    {
        _process = Lab.Start(host, "dotnet", [Path.Combine(AppContext.BaseDirectory, "Calls.Network.Peer.dll"), .. arguments]);
        _errors = _process.StandardError.ReadToEndAsync();
        _reader = new(Read) { IsBackground = true };
    }

    /// <summary>Lines for the operator so far.</summary>
    public IReadOnlyList<string> Log
    {
        get
        {
            lock (_gate)
            {
                return [.. _log];
            }
        }
    }

    /// <summary>The end of a call that a test describes when it waits in vain.</summary>
    protected abstract string Describe();

    protected abstract void Take(JsonObject line);

    protected void Write(JsonObject line)
    {
        try
        {
            lock (_gate)
            {
                _process.StandardInput.WriteLine(line.ToJsonString());
                _process.StandardInput.Flush();
            }
        }
        catch (Exception ended) when (ended is IOException or InvalidOperationException)
        {
            // It is gone, and the other end still had something to say to it. Whoever waits for it is told by its exit.
        }
    }

    /// <summary>Begins to listen to the process.</summary>
    protected void Begin() => _reader.Start();

    /// <summary>Waits until something holds of what the process has said.</summary>
    public async Task UntilAsync(Func<bool> holds, string what, TimeSpan? limit = null)
    {
        using var stop = new CancellationTokenSource(limit ?? Limit);
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (holds())
                {
                    return;
                }

                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(stop.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"Waited in vain: {what}. {Describe()}");
            }

            if (_process.HasExited)
            {
                Assert.Fail($"The process has ended while waited for: {what}. {Describe()} {await _errors}");
            }
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.WaitForExit();

        // Its output has ended with it.
        if (_reader.ThreadState != System.Threading.ThreadState.Unstarted)
        {
            _reader.Join();
        }

        _process.Dispose();
    }

    private void Read()
    {
        while (_process.StandardOutput.ReadLine() is { } text)
        {
            if (!TryParse(text, out JsonObject? line))
            {
                // The line that it was killed in.
                break;
            }

            lock (_gate)
            {
                if ((string?)line["log"] is { } logged)
                {
                    _log.Add(logged);
                }
            }

            Take(line);
            Signal();
        }

        Signal();
    }

    private static bool TryParse(string text, [NotNullWhen(true)] out JsonObject? line)
    {
        try
        {
            line = JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            line = null;
        }

        return line is not null;
    }

    private void Signal()
    {
        TaskCompletionSource before;
        lock (_gate)
        {
            before = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        before.SetResult();
    }
}
