using System.Buffers;

namespace Calls.MessagePack.Tests;

public sealed class MessagePackWriterTests
{
    private readonly ArrayBufferWriter<byte> _output = new();

    private MessagePackWriter Writer => new(_output);

    private string Hex => Convert.ToHexString(_output.WrittenSpan);

    [Theory]
    [InlineData(0, "00")]
    [InlineData(127, "7F")]
    [InlineData(128, "CC80")]
    [InlineData(255, "CCFF")]
    [InlineData(256, "CD0100")]
    [InlineData(65_535, "CDFFFF")]
    [InlineData(65_536, "CE00010000")]
    [InlineData(uint.MaxValue, "CEFFFFFFFF")]
    [InlineData(1L << 32, "CF0000000100000000")]
    [InlineData(-1, "FF")]
    [InlineData(-32, "E0")]
    [InlineData(-33, "D0DF")]
    [InlineData(-128, "D080")]
    [InlineData(-129, "D1FF7F")]
    [InlineData(short.MinValue, "D18000")]
    [InlineData(short.MinValue - 1, "D2FFFF7FFF")]
    [InlineData(int.MinValue - 1L, "D3FFFFFFFF7FFFFFFF")]
    public void Integers_take_the_shortest_form(long value, string expected)
    {
        Writer.WriteInteger(value);

        Assert.Equal(expected, Hex);
    }

    [Fact]
    public void The_fixed_forms_ignore_the_size_of_the_value()
    {
        Writer.WriteUInt8(2);
        Writer.WriteInt64Fixed(7);

        Assert.Equal("CC02D30000000000000007", Hex);
    }

    [Fact]
    public void Nil_booleans_and_doubles_are_written()
    {
        Writer.WriteNil();
        Writer.WriteBoolean(true);
        Writer.WriteBoolean(false);
        Writer.WriteDouble(0.25);

        Assert.Equal("C0C3C2CB3FD0000000000000", Hex);
    }

    [Theory]
    [InlineData(0, "A0")]
    [InlineData(31, "BF")]
    [InlineData(32, "D920")]
    [InlineData(255, "D9FF")]
    [InlineData(256, "DA0100")]
    [InlineData(65_536, "DB00010000")]
    public void Strings_take_the_shortest_header(int length, string header)
    {
        Writer.WriteString(new string('x', length));

        Assert.Equal(header, Hex[..header.Length]);
        Assert.Equal((header.Length / 2) + length, _output.WrittenCount);
    }

    [Theory]
    [InlineData(0, "C400")]
    [InlineData(255, "C4FF")]
    [InlineData(256, "C50100")]
    [InlineData(65_536, "C600010000")]
    public void Binaries_take_the_shortest_header(int length, string header)
    {
        Writer.WriteBinary(new byte[length]);

        Assert.Equal(header, Hex[..header.Length]);
        Assert.Equal((header.Length / 2) + length, _output.WrittenCount);
    }

    [Theory]
    [InlineData(0, "90", "80")]
    [InlineData(15, "9F", "8F")]
    [InlineData(16, "DC0010", "DE0010")]
    [InlineData(65_536, "DD00010000", "DF00010000")]
    public void Headers_take_the_shortest_form(int count, string array, string map)
    {
        Writer.WriteArrayHeader(count);
        Writer.WriteMapHeader(count);

        Assert.Equal(array + map, Hex);
    }

    [Fact]
    public void Written_values_read_back_the_same()
    {
        object?[] values =
        [
            null, true, 5L, -5L, long.MinValue, 0.5, "text \U0001F3A4", new byte[] { 1, 2 },
            new List<object?> { 1L, "a" }, new Dictionary<string, object?> { ["k"] = new List<object?>() },
        ];
        Writer.WriteValue(values);
        var reader = new MessagePackReader(_output.WrittenSpan);

        Assert.True(MessagePackValue.TryRead(ref reader, 4, out object? value));
        Assert.True(reader.IsAtEnd);
        Assert.Equal(values, Assert.IsAssignableFrom<IReadOnlyList<object?>>(value));
    }

    [Fact]
    public void Every_dotnet_number_has_a_form()
    {
        Writer.WriteValue(new object?[] { (sbyte)-1, (byte)1, (short)-2, (ushort)2, -3, 3u, ulong.MaxValue, 0.5f, new ReadOnlyMemory<byte>([9]) });

        Assert.Equal("99FF01FE02FD03CFFFFFFFFFFFFFFFFFCB3FE0000000000000C40109", Hex);
    }

    [Fact]
    public void A_value_without_a_form_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new MessagePackWriter(new ArrayBufferWriter<byte>()).WriteValue(DateTime.UnixEpoch));
    }
}
