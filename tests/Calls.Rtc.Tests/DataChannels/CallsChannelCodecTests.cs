using System.Buffers;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Calls.Rtc.DataChannels;

namespace Calls.Rtc.Tests.DataChannels;

public sealed class CallsChannelCodecTests
{
    private readonly ArrayBufferWriter<byte> _output = new();

    private CallsChannelWriter Server => new(_output, isServer: true);

    private CallsChannelWriter Client => new(_output, isServer: false);

    private string Hex => Convert.ToHexString(_output.WrittenSpan);

    [Fact]
    public void A_server_writes_the_type_in_two_bytes_and_a_client_in_one()
    {
        Server.Write(CallsChannelMessageType.Pong);
        Server.WriteLockReply(isGranted: true);
        Server.WriteLockReply(isGranted: false);
        Client.Write(CallsChannelMessageType.Ping);
        Client.Write(CallsChannelMessageType.Lock);
        Client.Write(CallsChannelMessageType.Unlock);
        Client.WriteMetric(CallsChannelMessageType.LossRate, 0.25);

        Assert.Equal("CC02" + "CC07C3" + "CC07C2" + "01" + "07" + "08" + "04CB3FD0000000000000", Hex);
    }

    [Fact]
    [Trait("Spec", "media-69")]
    public void A_media_map_has_the_bytes_that_the_browser_library_reads()
    {
        Server.WriteMediaMap([new("1", new("voice", "s1"))]);
        Assert.Equal("CC0981A13182A474797065A5766F696365A973656E6465725F6964A27331", Hex);

        Assert.Equal(CallsChannelResult.Ok, CallsChannelReader.TryRead(_output.WrittenSpan, out CallsChannelMessage? message));
        KeyValuePair<string, MediaMapEntry> section = Assert.Single(message!.MediaMap!);
        Assert.Equal(new("1", new("voice", "s1")), section);
    }

    [Fact]
    public void An_empty_media_map_is_three_bytes()
    {
        Server.WriteMediaMap([]);

        Assert.Equal("CC0980", Hex);
    }

    [Theory]
    [InlineData("0400", CallsChannelMessageType.LossRate, 0)]
    [InlineData("0401", CallsChannelMessageType.LossRate, 1)]
    [InlineData("04CA3E800000", CallsChannelMessageType.LossRate, 0.25)]
    [InlineData("04CB3FD0000000000000", CallsChannelMessageType.LossRate, 0.25)]
    [InlineData("CC0400", CallsChannelMessageType.LossRate, 0)]
    [InlineData("05CC80", CallsChannelMessageType.RoundTripTime, 128)]
    [InlineData("05D300000000000000FF", CallsChannelMessageType.RoundTripTime, 255)]
    [InlineData("06CB3F73CBC48F10A99C", CallsChannelMessageType.Jitter, 0.004833)]
    public void Metrics_come_in_any_number_encoding(string hex, CallsChannelMessageType type, double expected)
    {
        Assert.Equal(CallsChannelResult.Ok, CallsChannelReader.TryRead(Convert.FromHexString(hex), out CallsChannelMessage? message));
        Assert.Equal(type, message!.Type);
        Assert.Equal(expected, message.Number, precision: 6);
    }

    [Theory]
    [InlineData("", CallsChannelResult.NoType)]
    [InlineData("A101", CallsChannelResult.NoType)]
    [InlineData("CC", CallsChannelResult.NoType)]
    [InlineData("2A", CallsChannelResult.UnknownType)]
    [InlineData("00", CallsChannelResult.UnknownType)]
    [InlineData("FF", CallsChannelResult.UnknownType)]
    [InlineData("0A80", CallsChannelResult.UnknownType)]
    [InlineData("04", CallsChannelResult.BadPayload)]
    [InlineData("04A130", CallsChannelResult.BadPayload)]
    [InlineData("04CB7FF8000000000000", CallsChannelResult.BadPayload)] // not a number
    [InlineData("05CB7FF0000000000000", CallsChannelResult.BadPayload)] // infinity
    [InlineData("03", CallsChannelResult.BadPayload)]
    [InlineData("03A3789C00", CallsChannelResult.BadPayload)] // a string
    [InlineData("03C4FF789C", CallsChannelResult.BadPayload)] // truncated
    [InlineData("03C400", CallsChannelResult.BadSdpData)]
    [InlineData("03C408789CFFFFFFFFFFFF", CallsChannelResult.BadSdpData)]
    [InlineData("0981A131", CallsChannelResult.BadPayload)]
    [InlineData("09810180", CallsChannelResult.BadPayload)] // key is no string
    [InlineData("0981A131C0", CallsChannelResult.BadPayload)]
    public void What_cannot_be_decoded_has_a_reason(string hex, CallsChannelResult expected)
    {
        Assert.Equal(expected, CallsChannelReader.TryRead(Convert.FromHexString(hex), out CallsChannelMessage? message));
        Assert.Null(message);
    }

    [Fact]
    public void A_payload_of_a_lock_request_is_ignored()
    {
        Assert.Equal(CallsChannelResult.Ok, CallsChannelReader.TryRead([7, 0xA1, 0x61], out CallsChannelMessage? message));
        Assert.Null(message!.IsGranted);
    }

    [Fact]
    public void Unknown_keys_of_a_media_map_are_skipped()
    {
        byte[] bytes = [9, 0x81, 0xA1, 0x31, 0x82, 0xA1, 0x78, 0x92, 1, 2, 0xA4, .. "type"u8, 0xA5, .. "video"u8];

        Assert.Equal(CallsChannelResult.Ok, CallsChannelReader.TryRead(bytes, out CallsChannelMessage? message));
        Assert.Equal(new MediaMapEntry("video", ""), message!.MediaMap!["1"]);
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Fastest)]
    [InlineData(CompressionLevel.Optimal)]
    [InlineData(CompressionLevel.SmallestSize)]
    public void An_sdp_of_any_compression_level_is_read(CompressionLevel level)
    {
        byte[] json = Encoding.UTF8.GetBytes(string.Join(',', Enumerable.Range(0, 3000)));
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, level, leaveOpen: true))
        {
            zlib.Write(json);
        }

        Assert.Equal(CallsChannelResult.Ok, CompressedSdp.TryInflate(compressed.ToArray(), out ReadOnlyMemory<byte> inflated));
        Assert.Equal(json, inflated.ToArray());
    }

    [Fact]
    public void Our_sdp_begins_as_level_6_does()
    {
        Server.WriteSdp("{\"type\":\"answer\"}"u8);

        Assert.StartsWith("CC03C4", Hex, StringComparison.Ordinal);
        Assert.Equal("789C", Hex[8..12]);
    }

    [Fact]
    public void An_sdp_cut_anywhere_or_changed_at_its_end_is_refused()
    {
        byte[] compressed = CompressedSdp.Deflate("{\"type\":\"offer\",\"sdp\":\"v=0\"}"u8);
        for (int length = 0; length < compressed.Length; length++)
        {
            Assert.Equal(CallsChannelResult.BadSdpData, CompressedSdp.TryInflate(compressed.AsSpan(0, length), out _));
        }

        compressed[^1] ^= 1;
        Assert.Equal(CallsChannelResult.BadSdpData, CompressedSdp.TryInflate(compressed, out _));
    }

    [Fact]
    public void Inflated_length_and_ratio_are_limited()
    {
        var random = new Random(1);
        byte[] noise = new byte[200_000];
        random.NextBytes(noise);

        // Noise does not compress; the zeros behind it bring the length to the limit.
        Assert.Equal(CallsChannelResult.Ok, CompressedSdp.TryInflate(CompressedSdp.Deflate([.. noise, .. new byte[62_144]]), out _));
        Assert.Equal(CallsChannelResult.SdpTooLong, CompressedSdp.TryInflate(CompressedSdp.Deflate([.. noise, .. new byte[62_145]]), out _));
        Assert.Equal(CallsChannelResult.SdpTooLong, CompressedSdp.TryInflate(CompressedSdp.Deflate(new byte[50_000]), out _));
    }

    [Fact]
    public void Recorded_messages_are_read_and_written_back_the_same()
    {
        int count = 0;
        foreach (string file in Directory.GetFiles(Path.Combine(Root(), "tests/fixtures/transcripts"), "*.jsonl"))
        {
            foreach (JsonElement line in File.ReadLines(file).Select(static line => JsonDocument.Parse(line).RootElement))
            {
                if (line.TryGetProperty("via", out JsonElement via) && via.GetString() == "dc" && line.GetProperty("dir").GetString() is "c2s" or "s2c")
                {
                    AssertRoundTrip(line.GetProperty("type").GetString()!, line.GetProperty("payload"), line.GetProperty("dir").GetString() == "s2c");
                    count++;
                }
            }
        }

        Assert.True(count > 1500, $"{count} messages");
    }

    [Fact]
    public void Mutated_messages_never_throw()
    {
        const int seed = 20_260_302;
        var random = new Random(seed);
        byte[] map = Convert.FromHexString("CC0981A13182A474797065A5766F696365A973656E6465725F6964A27331");
        Client.WriteSdp("{\"type\":\"offer\",\"sdp\":\"v=0 v=0 v=0 v=0 v=0\"}"u8);
        byte[] sdp = _output.WrittenSpan.ToArray();
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = [.. (round % 10 == 0 ? sdp : map)];
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            CallsChannelReader.TryRead(bytes.AsSpan(0, random.Next(bytes.Length + 1)), out _);
        }
    }

    private void AssertRoundTrip(string type, JsonElement payload, bool isServer)
    {
        byte[] bytes = Convert.FromHexString(payload.GetProperty("hex").GetString()!);
        Assert.Equal(CallsChannelResult.Ok, CallsChannelReader.TryRead(bytes, out CallsChannelMessage? message));
        _output.Clear();
        var writer = new CallsChannelWriter(_output, isServer);
        switch (message!.Type)
        {
            case CallsChannelMessageType.Sdp:
                Assert.Equal(type, JsonDocument.Parse(message.SdpJson).RootElement.GetProperty("type").GetString());
                writer.WriteSdp(message.SdpJson.Span);
                Assert.Equal(CallsChannelResult.Ok, CallsChannelReader.TryRead(_output.WrittenSpan, out CallsChannelMessage? again));
                Assert.Equal(message.SdpJson.ToArray(), again!.SdpJson.ToArray());
                return;
            case CallsChannelMessageType.MediaMap:
                writer.WriteMediaMap([.. message.MediaMap!]);
                if (message.MediaMap!.Count > 1)
                {
                    // The reference's order of sections is random.
                    Assert.Equal(bytes.Length, _output.WrittenCount);
                    return;
                }

                break;
            case CallsChannelMessageType.Lock when isServer:
                writer.WriteLockReply(message.IsGranted!.Value);
                break;
            case CallsChannelMessageType.LossRate:
            case CallsChannelMessageType.RoundTripTime:
            case CallsChannelMessageType.Jitter:
                Assert.Equal(payload.GetProperty("json").GetDouble(), message.Number);
                if (message.Number == 0)
                {
                    return; // browsers write zero as an integer
                }

                writer.WriteMetric(message.Type, message.Number);
                break;
            default:
                writer.Write(message.Type);
                break;
        }

        Assert.Equal(Convert.ToHexString(bytes), Hex);
    }

    private static string Root()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Plugin.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new DirectoryNotFoundException("Plugin.sln");
    }
}
