namespace Calls.MessagePack.Tests;

public sealed class MessagePackReaderTests
{
    public static TheoryData<string, long> Integers => new()
    {
        { "00", 0 }, { "7F", 127 }, { "E0", -32 }, { "FF", -1 },
        { "CC00", 0 }, { "CCFF", 255 }, { "CDFFFF", 65_535 }, { "CEFFFFFFFF", uint.MaxValue }, { "CF7FFFFFFFFFFFFFFF", long.MaxValue },
        { "D080", -128 }, { "D18000", short.MinValue }, { "D280000000", int.MinValue }, { "D38000000000000000", long.MinValue },
        { "D30000000000000007", 7 },
    };

    public static TheoryData<string, double> Numbers => new()
    {
        { "00", 0 }, { "05", 5 }, { "FF", -1 }, { "CA3E800000", 0.25 }, { "CB3FD0000000000000", 0.25 }, { "CFFFFFFFFFFFFFFFFF", 18446744073709551615d },
    };

    /// <summary>One complete value for each kind of first byte.</summary>
    public static TheoryData<string> Values =>
    [
        "00", "E0", "80", "81A16101", "90", "9101", "A0", "A161", "C0", "C2", "C3", "C40101", "C5000101", "C60000000101",
        "C70105AA", "C8000105AA", "C90000000105AA", "CA3E800000", "CB3FD0000000000000", "CC01", "CD0001", "CE00000001", "CF0000000000000001",
        "D001", "D10001", "D200000001", "D30000000000000001", "D405AA", "D505AABB", "D605AABBCCDD", "D705AABBCCDDAABBCCDD",
        "D805AABBCCDDAABBCCDDAABBCCDDAABBCCDD", "D90161", "DA000161", "DB0000000161", "DC000101", "DD0000000101", "DE0001A16101", "DF00000001A16101",
    ];

    [Fact]
    public void Every_first_byte_has_its_type()
    {
        for (int code = 0; code <= 255; code++)
        {
            MessagePackType expected = code switch
            {
                <= 0x7F or >= 0xE0 or (>= 0xCC and <= 0xD3) => MessagePackType.Integer,
                <= 0x8F or 0xDE or 0xDF => MessagePackType.Map,
                <= 0x9F or 0xDC or 0xDD => MessagePackType.Array,
                <= 0xBF or (>= 0xD9 and <= 0xDB) => MessagePackType.String,
                0xC0 => MessagePackType.Nil,
                0xC1 => MessagePackType.Invalid,
                0xC2 or 0xC3 => MessagePackType.Boolean,
                >= 0xC4 and <= 0xC6 => MessagePackType.Binary,
                >= 0xC7 and <= 0xC9 or (>= 0xD4 and <= 0xD8) => MessagePackType.Extension,
                _ => MessagePackType.Float,
            };

            Assert.Equal(expected, new MessagePackReader([(byte)code]).PeekType());
        }

        Assert.Equal(MessagePackType.EndOfInput, new MessagePackReader([]).PeekType());
    }

    [Theory]
    [MemberData(nameof(Integers))]
    public void Every_integer_encoding_is_read(string hex, long expected)
    {
        var reader = new MessagePackReader(Convert.FromHexString(hex));

        Assert.True(reader.TryReadInteger(out long value));
        Assert.Equal(expected, value);
        Assert.True(reader.IsAtEnd);
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_number_may_be_an_integer_or_a_float(string hex, double expected)
    {
        var reader = new MessagePackReader(Convert.FromHexString(hex));

        Assert.True(reader.TryReadNumber(out double value));
        Assert.Equal(expected, value);
        Assert.True(reader.IsAtEnd);
    }

    [Fact]
    public void An_unsigned_integer_above_the_signed_range_is_no_integer()
    {
        var reader = new MessagePackReader(Convert.FromHexString("CF8000000000000000"));

        Assert.False(reader.TryReadInteger(out _));
        Assert.Equal(0, reader.Consumed);
    }

    [Theory]
    [InlineData("A0", "")]
    [InlineData("A3616263", "abc")]
    [InlineData("D903616263", "abc")]
    [InlineData("DA0003616263", "abc")]
    [InlineData("DB00000003616263", "abc")]
    [InlineData("A4F09F8EA4", "\U0001F3A4")]
    public void Every_string_encoding_is_read(string hex, string expected)
    {
        var reader = new MessagePackReader(Convert.FromHexString(hex));

        Assert.True(reader.TryReadString(out string? value));
        Assert.Equal(expected, value);
        Assert.True(reader.IsAtEnd);
    }

    [Fact]
    public void Invalid_utf8_is_no_string_and_stays_unread()
    {
        var reader = new MessagePackReader(Convert.FromHexString("A2C328"));

        Assert.False(reader.TryReadString(out _));
        Assert.Equal(0, reader.Consumed);
        Assert.True(reader.TryReadUtf8(out ReadOnlySpan<byte> bytes));
        Assert.Equal(2, bytes.Length);
    }

    [Theory]
    [InlineData("C403010203")]
    [InlineData("C50003010203")]
    [InlineData("C600000003010203")]
    public void Every_binary_encoding_is_read(string hex)
    {
        var reader = new MessagePackReader(Convert.FromHexString(hex));

        Assert.True(reader.TryReadBinary(out ReadOnlySpan<byte> value));
        Assert.Equal([1, 2, 3], value.ToArray());
        Assert.True(reader.IsAtEnd);
    }

    [Fact]
    public void A_string_is_not_accepted_as_binary_nor_the_other_way_round()
    {
        Assert.False(new MessagePackReader([0xA1, 0x61]).TryReadBinary(out _));
        Assert.False(new MessagePackReader([0xC4, 0x01, 0x61]).TryReadString(out _));
    }

    [Fact]
    public void Counts_that_the_buffer_cannot_hold_fail()
    {
        Assert.False(new MessagePackReader([0xDD, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]).TryReadArrayHeader(out _));
        Assert.False(new MessagePackReader([0x92, 0x01]).TryReadArrayHeader(out _));
        Assert.False(new MessagePackReader([0xDF, 0x7F, 0xFF, 0xFF, 0xFF, 0x01, 0x02]).TryReadMapHeader(out _));
        Assert.False(new MessagePackReader([0x82, 0xA0, 0x01, 0xA0]).TryReadMapHeader(out _));
        Assert.False(new MessagePackReader([0xDB, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]).TryReadUtf8(out _));
        Assert.False(new MessagePackReader([0xC6, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]).TryReadBinary(out _));
        Assert.False(new MessagePackReader([0xC9, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x01]).TrySkip());
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void Each_kind_of_value_is_skipped_whole_and_never_past_a_cut(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        for (int length = 0; length < bytes.Length; length++)
        {
            var cut = new MessagePackReader(bytes.AsSpan(0, length));
            Assert.False(cut.TrySkip(), $"{hex} cut to {length} bytes");
            Assert.Equal(0, cut.Consumed);
        }

        var reader = new MessagePackReader([.. bytes, 0x2A]);
        Assert.True(reader.TrySkip());
        Assert.Equal(bytes.Length, reader.Consumed);
        Assert.True(reader.TryReadInteger(out long next));
        Assert.Equal(42, next);
    }

    [Fact]
    public void Skipping_stops_at_the_depth_limit()
    {
        byte[] nested = [.. Enumerable.Repeat((byte)0x91, 32), 0x00];

        Assert.True(new MessagePackReader(nested).TrySkip());
        Assert.False(new MessagePackReader(nested).TrySkip(maxDepth: 31));
        Assert.False(new MessagePackReader([.. Enumerable.Repeat((byte)0x91, 100_000), 0x00]).TrySkip());
        Assert.False(new MessagePackReader([0x90]).TrySkip(maxDepth: 0));
    }

    [Fact]
    public void The_reserved_byte_is_refused_by_every_method()
    {
        var reader = new MessagePackReader([0xC1]);

        Assert.False(reader.TryReadNil());
        Assert.False(reader.TryReadBoolean(out _));
        Assert.False(reader.TryReadInteger(out _));
        Assert.False(reader.TryReadNumber(out _));
        Assert.False(reader.TryReadString(out _));
        Assert.False(reader.TryReadBinary(out _));
        Assert.False(reader.TryReadArrayHeader(out _));
        Assert.False(reader.TryReadMapHeader(out _));
        Assert.False(reader.TrySkip());
    }

    [Fact]
    public void Random_bytes_never_throw_and_a_failure_consumes_nothing()
    {
        const int seed = 20_260_101;
        var random = new Random(seed);
        byte[] buffer = new byte[64];
        for (int round = 0; round < 50_000; round++)
        {
            int length = random.Next(buffer.Length + 1);
            random.NextBytes(buffer.AsSpan(0, length));
            var reader = new MessagePackReader(buffer.AsSpan(0, length));
            bool succeeded;
            do
            {
                int before = reader.Consumed;
                succeeded = ReadOne(ref reader, random.Next(9));
                Assert.True(succeeded ? reader.Consumed > before : reader.Consumed == before, $"seed {seed}, round {round}");
                Assert.True(reader.Consumed <= length, $"seed {seed}, round {round}");
            }
            while (succeeded);
        }
    }

    private static bool ReadOne(ref MessagePackReader reader, int method) => method switch
    {
        0 => reader.TryReadNil(),
        1 => reader.TryReadBoolean(out _),
        2 => reader.TryReadInteger(out _),
        3 => reader.TryReadNumber(out _),
        4 => reader.TryReadString(out _),
        5 => reader.TryReadBinary(out _),
        6 => reader.TryReadArrayHeader(out _),
        7 => reader.TryReadMapHeader(out _),
        _ => reader.TrySkip(8),
    };
}
