using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Tests.Kit;

namespace Calls.StandIn.Tests.Hub;

/// <summary>A client that accepts no gap and no repeat, over random losses, resumes and restarts (signaling.md 1.8, 1.12).</summary>
public sealed class StrictClientTests : StandInTest
{
    private string _id = "";
    private long _next;
    private int _last = -1;
    private bool _mayHaveMissed = true;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_strict_client_sees_contiguous_numbers_and_misses_nothing_between_two_hellos(int seed)
    {
        var random = new Random(seed);
        string token = Server.LogIn("alice");
        SocketClient? socket = null;
        int published = 0;
        int resumes = 0;
        int resyncs = 0;
        for (int step = 0; step < 400; step++)
        {
            int burst = random.Next(20) == 0 ? random.Next(100, 320) : random.Next(8);
            for (int i = 0; i < burst; i++)
            {
                Server.Publish("probe", new JsonObject { ["i"] = published++ }, userId: Alice);
            }

            if (socket is null)
            {
                socket = await OpenAsync(token, $"?connection_id={_id}&sequence_number={_next}");
                if (await ReadAsync(socket, seed, step))
                {
                    resyncs++;
                }
                else
                {
                    resumes++;
                }

                continue;
            }

            switch (random.Next(6))
            {
                case 0:
                    // The client is gone with frames still on their way to it.
                    socket.Abort();
                    await GoneAsync(_id);
                    socket = null;
                    break;
                case 1:
                    await ReadAsync(socket, seed, step);
                    Server.Faults.DropSilently(_id);
                    await GoneAsync(_id);
                    socket = null;
                    break;
                case 2 when random.Next(8) == 0:
                    await Server.RestartAsync();
                    socket = null;
                    break;
                default:
                    if (burst < 256)
                    {
                        await ReadAsync(socket, seed, step);
                    }
                    else
                    {
                        socket.Abort();
                        await GoneAsync(_id);
                        socket = null;
                    }

                    break;
            }
        }

        Assert.True(resumes > 10 && resyncs > 2, $"seed {seed}: {resumes} resumes, {resyncs} resyncs");
    }

    /// <summary>Reads up to the reply of a probe; true when a <c>hello</c> came, after which the client refetches.</summary>
    private async Task<bool> ReadAsync(SocketClient socket, int seed, int step)
    {
        bool isGreeted = false;
        await socket.SendAsync("presence", 77);
        while (await socket.ReadTextAsync() is { } text)
        {
            JsonElement frame = JsonDocument.Parse(text).RootElement;
            if (frame.TryGetProperty("seq_reply", out _))
            {
                return isGreeted;
            }

            long seq = frame.GetProperty("seq").GetInt64();
            if (frame.GetProperty("event").GetString() == "hello")
            {
                Assert.Equal(0, seq);
                _id = frame.GetProperty("data").GetProperty("connection_id").GetString()!;
                (_next, isGreeted, _mayHaveMissed) = (1, true, true);
                continue;
            }

            int number = frame.GetProperty("data").GetProperty("i").GetInt32();
            Assert.True(seq == _next, $"seed {seed}, step {step}: number {seq}, expected {_next}");
            Assert.True(_mayHaveMissed ? number > _last : number == _last + 1, $"seed {seed}, step {step}: event {number} after {_last}");
            (_next, _last, _mayHaveMissed) = (seq + 1, number, false);
        }

        return isGreeted;
    }

    private Task GoneAsync(string id) => UntilAsync(() => !Server.Connections.Any(c => c.Id == id && c.IsActive));
}
