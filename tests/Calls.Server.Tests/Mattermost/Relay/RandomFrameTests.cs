using System.Text;
using System.Text.Json;
using Calls.Domain;
using Calls.Server.Mattermost.Relay;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.Mattermost.Relay;

/// <summary>Bytes nobody meant to send.</summary>
public sealed class RandomFrameTests
{
    private const int Inputs = 40_000;

    private static readonly string[] Upstream =
    [
        ScriptedSocket.Hello("c1", "a"),
        ScriptedSocket.Event("posted", 17, """{"post":"{\"id\":\"x\",\"seq\":5}"}""", "ch"),
        """{"seq":3,"data":{"seq":4},"event":"x","broadcast":{}}""",
        """{"status":"OK","seq_reply":9007199254000001,"data":{"text":"pong"}}""",
        """{"event":"x","a\"seq":5}""",
    ];

    private static readonly string[] Client =
    [
        """{"action":"custom_com.mattermost.calls_join","seq":1,"data":{"channelID":"x","list":[1,2.5,null,{"a":true}]}}""",
        """{"action":"authentication_challenge","seq":1,"data":{"token":"t"}}""",
        """{"ACTION":"ping","seq":2}""",
        "\u0083\u00a6action\u00bfcustom_com.mattermost.calls_mute",
    ];

    [Fact]
    public void Frames_of_mattermost_never_throw_and_only_their_number_changes()
    {
        ForEach(Upstream, 11, static (bytes, about) =>
        {
            UpstreamFrame read = UpstreamFrame.Read(bytes);
            Hello.TryRead(bytes, out ConnectionId _, out UserId _);
            if (read.Kind != UpstreamFrameKind.Event)
            {
                return;
            }

            byte[] renumbered = UpstreamFrame.Renumber(bytes, read, 123456);
            Assert.True(bytes.AsSpan(0, read.SeqOffset).SequenceEqual(renumbered.AsSpan(0, read.SeqOffset)), about);
            Assert.True(bytes.AsSpan(read.SeqOffset + read.SeqLength).SequenceEqual(renumbered.AsSpan(read.SeqOffset + 6)), about);
            if (TryParse(bytes, out JsonElement before) && TryParse(renumbered, out JsonElement after))
            {
                Assert.True(before.GetProperty("seq").GetInt64() == read.Seq, about);
                Assert.True(after.GetProperty("seq").GetInt64() == 123456, about);
            }
        });
    }

    [Fact]
    public void Frames_of_clients_never_throw() => ForEach(Client, 12, static (bytes, _) =>
    {
        ClientFrame.Read(bytes, isText: true);
        ClientFrame.Read(bytes, isText: false);
    });

    [Fact]
    public void Queries_never_throw() => ForEach(["?connection_id=abc&sequence_number=5&x=%zz", "sequence_number=NaN&&=&a"], 13, static (bytes, about) =>
    {
        string text = Encoding.Latin1.GetString(bytes);
        string query = ResumeQuery.Parse(text).Rewrite("", 0);
        ResumeQuery again = ResumeQuery.Parse(query);
        Assert.True(again.Connection.Length == 0 && again.Next is 0 or -1, about);
    });

    [Fact]
    public void A_deeply_nested_frame_costs_no_stack()
    {
        string deep = new('[', 4000);
        Assert.Equal(ClientFrameKind.Native, ClientFrame.Read(Encoding.ASCII.GetBytes($$"""{"data":{{deep}}"""), isText: true).Kind);
        string closed = deep + new string(']', 4000);
        byte[] frame = Encoding.ASCII.GetBytes($$"""{"action":"custom_com.mattermost.calls_x","data":{"a":{{closed}} } }""");
        Assert.Equal(ClientFrameKind.Unusable, ClientFrame.Read(frame, isText: true).Kind);
    }

    private static bool TryParse(byte[] bytes, out JsonElement root)
    {
        try
        {
            root = JsonDocument.Parse(bytes).RootElement;
            return root.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            root = default;
            return false;
        }
    }

    private static void ForEach(string[] samples, int seed, Action<byte[], string> check)
    {
        var random = new Random(seed);
        for (int input = 0; input < Inputs; input++)
        {
            byte[] bytes = Encoding.Latin1.GetBytes(samples[random.Next(samples.Length)]);
            if (random.Next(4) == 0)
            {
                bytes = new byte[random.Next(64)];
                random.NextBytes(bytes);
            }

            for (int change = random.Next(4); change > 0 && bytes.Length > 0; change--)
            {
                int at = random.Next(bytes.Length);
                switch (random.Next(4))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes = bytes[..at];
                        break;
                    case 2:
                        bytes = [.. bytes[..at], .. bytes[(at / 2)..]];
                        break;
                    default:
                        bytes[at] = "{}[]\":,\\ 0"u8[random.Next(10)];
                        break;
                }
            }

            check(bytes, $"seed {seed}, input {input}: {Convert.ToHexString(bytes)}");
        }
    }
}
