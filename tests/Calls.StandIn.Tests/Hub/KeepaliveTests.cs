using System.Text.Json.Nodes;
using Calls.StandIn.Tests.Kit;

namespace Calls.StandIn.Tests.Hub;

/// <summary>H13: pings every 60 s, and only pongs keep a socket alive.</summary>
public sealed class KeepaliveTests : StandInTest
{
    [Fact]
    public async Task H13_the_server_pings_every_60_s()
    {
        using RawSocket socket = await OpenAsync();

        Time.Advance(TimeSpan.FromSeconds(59));
        Server.Publish("probe", [], userId: Alice);
        Assert.Equal(1, (await socket.ReadAsync())!.Value.Opcode);
        Time.Advance(TimeSpan.FromSeconds(1));
        (int opcode, byte[] payload) = (await socket.ReadAsync())!.Value;

        Assert.Equal(9, opcode);
        Assert.Empty(payload);
    }

    [Fact]
    public async Task H13_without_a_pong_for_100_s_the_socket_is_dropped_whatever_data_arrives()
    {
        using RawSocket socket = await OpenAsync();
        for (int second = 10; second < 100; second += 10)
        {
            Time.Advance(TimeSpan.FromSeconds(10));
            await socket.SendTextAsync("""{"action":"presence","seq":1}""");
            int opcode;
            do
            {
                opcode = (await socket.ReadAsync())!.Value.Opcode;
            }
            while (opcode == 9);
        }

        Time.Advance(TimeSpan.FromSeconds(9));
        Assert.True(Server.Connections.Single().IsActive);
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(await socket.ReadAsync());
        await UntilAsync(() => !Server.Connections.Single().IsActive);
    }

    [Fact]
    public async Task H13_a_pong_gives_another_100_s()
    {
        using RawSocket socket = await OpenAsync();
        for (int i = 0; i < 5; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(90));
            await socket.SendAsync(0x8A, []);

            // The reply proves that the pong before it was read.
            await socket.SendTextAsync("""{"action":"presence","seq":1}""");
            while ((await socket.ReadAsync())!.Value.Opcode == 9)
            {
            }
        }

        Assert.True(Server.Connections.Single().IsActive);
    }

    [Fact]
    public async Task H13_pings_of_the_client_are_answered()
    {
        using RawSocket socket = await OpenAsync();
        await socket.SendAsync(0x89, [1, 2, 3]);

        (int opcode, byte[] payload) = (await socket.ReadAsync())!.Value;

        Assert.Equal(10, opcode);
        Assert.Equal([1, 2, 3], payload);
    }

    private async Task<RawSocket> OpenAsync()
    {
        RawSocket socket = await RawSocket.OpenAsync(Server.Url, Server.LogIn("alice"));
        await socket.ReadAsync();
        await socket.SendTextAsync(new JsonObject { ["action"] = "presence", ["seq"] = 1 }.ToJsonString());
        await socket.ReadAsync();
        return socket;
    }
}
