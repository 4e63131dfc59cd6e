using System.Threading.Channels;
using Calls.Rtcd.Protocol;
using Calls.Server.Rtcd.WebSockets;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.Rtcd.WebSockets;

/// <summary>A client that reads too slowly, or not at all.</summary>
public sealed class RtcdConnectionTests
{
    [Fact]
    public async Task A_client_that_reads_nothing_costs_a_bounded_queue_and_is_cut_after_10_s()
    {
        var time = new ManualTime();
        await using var stream = new StuckStream();
        var connection = new RtcdConnection(stream, "id", "clientA", time);
        Task running = connection.RunAsync(static (_, _) => ValueTask.CompletedTask);
        await stream.WriteStarted.WaitAsync(Limits.Test);

        var large = new RtcMessage("g", "u", "s", "c", 2, new byte[60_000]);
        int taken = 0;
        while (connection.TrySend(large))
        {
            taken++;
        }

        Assert.InRange(taken, 200, RtcdConnection.MaxQueuedBytes / 60_000);
        Assert.Equal(1, connection.Dropped);

        time.Advance(TimeSpan.FromSeconds(10));
        await running.WaitAsync(Limits.Test);
        Assert.False(connection.IsOpen);
    }

    [Fact]
    public async Task Small_messages_are_bounded_by_their_number()
    {
        await using var stream = new StuckStream();
        var connection = new RtcdConnection(stream, "id", "clientA", new ManualTime());
        Task running = connection.RunAsync(static (_, _) => ValueTask.CompletedTask);
        await stream.WriteStarted.WaitAsync(Limits.Test);

        int taken = 0;
        while (connection.TrySend(new CloseMessage("s")))
        {
            taken++;
        }

        Assert.Equal(RtcdConnection.MaxQueuedMessages, taken);
        connection.Abort();
        await running.WaitAsync(Limits.Test);
    }

    /// <summary>Takes nothing and gives nothing, until it is told to stop.</summary>
    private sealed class StuckStream : MemoryStream
    {
        private readonly Channel<int> _never = Channel.CreateUnbounded<int>();
        private readonly TaskCompletionSource _writeStarted = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task WriteStarted => _writeStarted.Task;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => await _never.Reader.ReadAsync(cancellationToken);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _writeStarted.TrySetResult();
            await _never.Reader.ReadAsync(cancellationToken);
        }
    }
}
