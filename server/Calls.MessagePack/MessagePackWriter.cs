using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Calls.MessagePack;

/// <summary>Writes MessagePack values to a buffer. Has no state of its own.</summary>
public readonly ref struct MessagePackWriter(IBufferWriter<byte> output)
{
    public void WriteNil() => WriteCode(MessagePackCode.Nil);

    public void WriteBoolean(bool value) => WriteCode(value ? MessagePackCode.True : MessagePackCode.False);

    /// <summary>Writes the shortest encoding; unsigned ones for values from 0 up.</summary>
    public void WriteInteger(long value)
    {
        switch (value)
        {
            case >= 0:
                WriteUnsigned((ulong)value);
                break;
            case >= -32:
                WriteCode((byte)value);
                break;
            case >= sbyte.MinValue:
                Write8(MessagePackCode.Int8, (byte)value);
                break;
            case >= short.MinValue:
                Write16(MessagePackCode.Int16, (ushort)value);
                break;
            case >= int.MinValue:
                Write32(MessagePackCode.Int32, (uint)value);
                break;
            default:
                Write64(MessagePackCode.Int64, (ulong)value);
                break;
        }
    }

    /// <summary>Writes the shortest encoding of an unsigned number.</summary>
    public void WriteUnsigned(ulong value)
    {
        switch (value)
        {
            case <= MessagePackCode.MaxPositiveFixInt:
                WriteCode((byte)value);
                break;
            case <= byte.MaxValue:
                Write8(MessagePackCode.UInt8, (byte)value);
                break;
            case <= ushort.MaxValue:
                Write16(MessagePackCode.UInt16, (ushort)value);
                break;
            case <= uint.MaxValue:
                Write32(MessagePackCode.UInt32, (uint)value);
                break;
            default:
                Write64(MessagePackCode.UInt64, value);
                break;
        }
    }

    /// <summary>Writes <c>CC nn</c> also where one byte would do, as Go's encoder writes a uint8 (media.md 5.2).</summary>
    public void WriteUInt8(byte value) => Write8(MessagePackCode.UInt8, value);

    /// <summary>Writes <c>D3</c> and eight bytes whatever the value, as Go's encoder writes an int64 (signaling.md 1.6).</summary>
    public void WriteInt64Fixed(long value) => Write64(MessagePackCode.Int64, (ulong)value);

    public void WriteDouble(double value) => Write64(MessagePackCode.Float64, BitConverter.DoubleToUInt64Bits(value));

    /// <summary>Writes a str in the shortest encoding. A lone surrogate becomes U+FFFD.</summary>
    public void WriteString(ReadOnlySpan<char> value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        WriteStringHeader(length);
        output.Advance(Encoding.UTF8.GetBytes(value, output.GetSpan(length)));
    }

    /// <summary>Writes a str whose bytes are UTF-8 already.</summary>
    public void WriteUtf8(ReadOnlySpan<byte> utf8)
    {
        WriteStringHeader(utf8.Length);
        output.Write(utf8);
    }

    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        switch (value.Length)
        {
            case <= byte.MaxValue:
                Write8(MessagePackCode.Bin8, (byte)value.Length);
                break;
            case <= ushort.MaxValue:
                Write16(MessagePackCode.Bin16, (ushort)value.Length);
                break;
            default:
                Write32(MessagePackCode.Bin32, (uint)value.Length);
                break;
        }

        output.Write(value);
    }

    /// <summary>Announces an array; <paramref name="count"/> values have to follow.</summary>
    public void WriteArrayHeader(int count) =>
        WriteHeader(count, MessagePackCode.FixArray, MessagePackCode.Array16, MessagePackCode.Array32);

    /// <summary>Announces a map; <paramref name="count"/> pairs of key and value have to follow.</summary>
    public void WriteMapHeader(int count) =>
        WriteHeader(count, MessagePackCode.FixMap, MessagePackCode.Map16, MessagePackCode.Map32);

    /// <summary>Writes what <see cref="MessagePackValue.TryRead"/> gives, and the other number types of .NET.</summary>
    /// <exception cref="ArgumentException">A type that has no MessagePack form.</exception>
    public void WriteValue(object? value)
    {
        switch (value)
        {
            case null:
                WriteNil();
                break;
            case bool boolean:
                WriteBoolean(boolean);
                break;
            case ulong unsigned:
                WriteUnsigned(unsigned);
                break;
            case sbyte or byte or short or ushort or int or uint or long:
                WriteInteger(Convert.ToInt64(value, null));
                break;
            case float or double:
                WriteDouble(Convert.ToDouble(value, null));
                break;
            case string text:
                WriteString(text);
                break;
            case byte[] bytes:
                WriteBinary(bytes);
                break;
            case ReadOnlyMemory<byte> bytes:
                WriteBinary(bytes.Span);
                break;
            case IReadOnlyDictionary<string, object?> map:
                WriteMapHeader(map.Count);
                foreach ((string key, object? item) in map)
                {
                    WriteString(key);
                    WriteValue(item);
                }

                break;
            case IReadOnlyCollection<object?> list:
                WriteArrayHeader(list.Count);
                foreach (object? item in list)
                {
                    WriteValue(item);
                }

                break;
            default:
                throw new ArgumentException($"{value.GetType()} has no MessagePack form.", nameof(value));
        }
    }

    private void WriteStringHeader(int length)
    {
        switch (length)
        {
            case <= MessagePackCode.MaxFixString - MessagePackCode.FixString:
                WriteCode((byte)(MessagePackCode.FixString | length));
                break;
            case <= byte.MaxValue:
                Write8(MessagePackCode.Str8, (byte)length);
                break;
            case <= ushort.MaxValue:
                Write16(MessagePackCode.Str16, (ushort)length);
                break;
            default:
                Write32(MessagePackCode.Str32, (uint)length);
                break;
        }
    }

    private void WriteHeader(int count, byte fix, byte code16, byte code32)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        switch (count)
        {
            case <= 15:
                WriteCode((byte)(fix | count));
                break;
            case <= ushort.MaxValue:
                Write16(code16, (ushort)count);
                break;
            default:
                Write32(code32, (uint)count);
                break;
        }
    }

    private void WriteCode(byte code)
    {
        output.GetSpan(1)[0] = code;
        output.Advance(1);
    }

    private void Write8(byte code, byte value)
    {
        Span<byte> span = output.GetSpan(2);
        span[0] = code;
        span[1] = value;
        output.Advance(2);
    }

    private void Write16(byte code, ushort value)
    {
        Span<byte> span = output.GetSpan(3);
        span[0] = code;
        BinaryPrimitives.WriteUInt16BigEndian(span[1..], value);
        output.Advance(3);
    }

    private void Write32(byte code, uint value)
    {
        Span<byte> span = output.GetSpan(5);
        span[0] = code;
        BinaryPrimitives.WriteUInt32BigEndian(span[1..], value);
        output.Advance(5);
    }

    private void Write64(byte code, ulong value)
    {
        Span<byte> span = output.GetSpan(9);
        span[0] = code;
        BinaryPrimitives.WriteUInt64BigEndian(span[1..], value);
        output.Advance(9);
    }
}
