namespace Calls.MessagePack.Tests;

public sealed class MessagePackValueTests
{
    [Theory]
    [InlineData("C0", null)]
    [InlineData("C3", true)]
    [InlineData("07", 7L)]
    [InlineData("CA3E800000", 0.25)]
    [InlineData("A161", "a")]
    public void Simple_values_become_their_dotnet_types(string hex, object? expected)
    {
        var reader = new MessagePackReader(Convert.FromHexString(hex));

        Assert.True(MessagePackValue.TryRead(ref reader, 1, out object? value));
        Assert.Equal(expected, value);
        Assert.True(reader.IsAtEnd);
    }

    [Fact]
    public void A_request_frame_becomes_a_map_with_its_binary_data()
    {
        // {"action":"P_sdp","seq":int64 7,"data":{"data":bin 789c}}
        var reader = new MessagePackReader(Convert.FromHexString("83A6616374696F6EA5505F736470A3736571D30000000000000007A46461746181A464617461C402789C"));

        Assert.True(MessagePackValue.TryRead(ref reader, 4, out object? value));

        var frame = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(value);
        Assert.Equal("P_sdp", frame["action"]);
        Assert.Equal(7L, frame["seq"]);
        var data = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(frame["data"]);
        Assert.Equal(new byte[] { 0x78, 0x9C }, data["data"]);
    }

    [Fact]
    public void Arrays_and_empty_collections_are_read()
    {
        var reader = new MessagePackReader([0x93, 0x01, 0x90, 0x80]);

        Assert.True(MessagePackValue.TryRead(ref reader, 2, out object? value));

        var list = Assert.IsAssignableFrom<IReadOnlyList<object?>>(value);
        Assert.Equal(1L, list[0]);
        Assert.Empty(Assert.IsAssignableFrom<IReadOnlyList<object?>>(list[1]));
        Assert.Empty(Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(list[2]));
    }

    [Fact]
    public void The_last_of_equal_keys_counts()
    {
        var reader = new MessagePackReader([0x82, 0xA1, 0x61, 0x01, 0xA1, 0x61, 0x02]);

        Assert.True(MessagePackValue.TryRead(ref reader, 1, out object? value));
        Assert.Equal(2L, Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(value)["a"]);
    }

    [Theory]
    [InlineData("8101C0")] // integer key
    [InlineData("D40100")] // extension
    [InlineData("CFFFFFFFFFFFFFFFFF")] // above long
    [InlineData("A1FF")] // invalid UTF-8
    [InlineData("C1")]
    [InlineData("")]
    [InlineData("9201")] // second item missing
    [InlineData("81A161")] // value missing
    [InlineData("9291919100")] // too deep
    public void What_has_no_dotnet_form_or_is_incomplete_fails_and_stays_unread(string hex)
    {
        var reader = new MessagePackReader(Convert.FromHexString(hex));

        Assert.False(MessagePackValue.TryRead(ref reader, 3, out object? value));
        Assert.Null(value);
        Assert.Equal(0, reader.Consumed);
    }

    [Fact]
    public void A_claimed_count_is_never_an_allocation_size()
    {
        // Each level claims as many items as the rest could hold, and the innermost value is cut.
        const int size = 1 << 20;
        byte[] bytes = new byte[size];
        for (int level = 0; level < 16; level++)
        {
            bytes[5 * level] = 0xDD;
            bytes[(5 * level) + 1] = 0;
            bytes[(5 * level) + 2] = 0x0F;
            bytes[(5 * level) + 3] = 0xF0;
        }

        bytes[80] = 0xC1;
        long before = GC.GetAllocatedBytesForCurrentThread();
        var reader = new MessagePackReader(bytes);

        Assert.False(MessagePackValue.TryRead(ref reader, 32, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16_384);
    }

    [Fact]
    public void Random_and_mutated_bytes_never_throw()
    {
        const int seed = 20_260_102;
        var random = new Random(seed);
        byte[] valid = Convert.FromHexString("83A6616374696F6EA5505F736470A3736571D30000000000000007A46461746182A464617461C402789CA16193C0C3CB3FD0000000000000");
        for (int round = 0; round < 50_000; round++)
        {
            byte[] bytes = round % 2 == 0 ? new byte[random.Next(80)] : valid.AsSpan(0, random.Next(valid.Length + 1)).ToArray();
            if (round % 2 == 0)
            {
                random.NextBytes(bytes);
            }
            else if (bytes.Length > 0)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            var reader = new MessagePackReader(bytes);
            bool succeeded = MessagePackValue.TryRead(ref reader, 8, out _);
            Assert.True(succeeded || reader.Consumed == 0, $"seed {seed}, round {round}");
        }
    }
}
