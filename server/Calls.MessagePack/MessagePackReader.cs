using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Calls.MessagePack;

/// <summary>Reads MessagePack values from a buffer, one after the other.</summary>
/// <remarks>
/// No method throws for bad input. A method that returns <c>false</c> has consumed nothing, so that another one can be
/// tried. Lengths and counts are checked against the bytes that are left before anything is done with them.
/// </remarks>
public ref struct MessagePackReader(ReadOnlySpan<byte> buffer)
{
    private const int DefaultMaxDepth = 32;

    private readonly ReadOnlySpan<byte> _buffer = buffer;
    private int _position;

    /// <summary>Whether no byte is left.</summary>
    public readonly bool IsAtEnd => _position == _buffer.Length;

    /// <summary>Bytes read so far.</summary>
    public readonly int Consumed => _position;

    private readonly ReadOnlySpan<byte> Rest => _buffer[_position..];

    /// <summary>The type of the next value. Says nothing about whether the value is complete.</summary>
    public readonly MessagePackType PeekType()
    {
        if (IsAtEnd)
        {
            return MessagePackType.EndOfInput;
        }

        return _buffer[_position] switch
        {
            <= MessagePackCode.MaxPositiveFixInt => MessagePackType.Integer,
            < MessagePackCode.FixArray => MessagePackType.Map,
            < MessagePackCode.FixString => MessagePackType.Array,
            <= MessagePackCode.MaxFixString => MessagePackType.String,
            MessagePackCode.Nil => MessagePackType.Nil,
            MessagePackCode.NeverUsed => MessagePackType.Invalid,
            MessagePackCode.False or MessagePackCode.True => MessagePackType.Boolean,
            <= MessagePackCode.Bin32 => MessagePackType.Binary,
            <= MessagePackCode.Ext32 => MessagePackType.Extension,
            <= MessagePackCode.Float64 => MessagePackType.Float,
            <= MessagePackCode.Int64 => MessagePackType.Integer,
            <= MessagePackCode.FixExt16 => MessagePackType.Extension,
            <= MessagePackCode.Str32 => MessagePackType.String,
            <= MessagePackCode.Array32 => MessagePackType.Array,
            <= MessagePackCode.Map32 => MessagePackType.Map,
            _ => MessagePackType.Integer,
        };
    }

    public bool TryReadNil()
    {
        if (PeekType() != MessagePackType.Nil)
        {
            return false;
        }

        _position++;
        return true;
    }

    public bool TryReadBoolean(out bool value)
    {
        value = false;
        if (PeekType() != MessagePackType.Boolean)
        {
            return false;
        }

        value = _buffer[_position++] == MessagePackCode.True;
        return true;
    }

    /// <summary>Reads any integer encoding. A uint64 above <see cref="long.MaxValue"/> fails.</summary>
    public bool TryReadInteger(out long value)
    {
        if (!TryDecodeInteger(out value, out int length, out bool overflows) || overflows)
        {
            value = 0;
            return false;
        }

        _position += length;
        return true;
    }

    /// <summary>Reads any integer encoding, float32 or float64. Integers above 2^53 are rounded.</summary>
    public bool TryReadNumber(out double value)
    {
        value = 0;
        if (TryDecodeInteger(out long integer, out int length, out bool overflows))
        {
            value = overflows ? (double)(ulong)integer : integer;
            _position += length;
            return true;
        }

        ReadOnlySpan<byte> rest = Rest;
        if (rest.Length >= 5 && rest[0] == MessagePackCode.Float32)
        {
            value = BinaryPrimitives.ReadSingleBigEndian(rest[1..]);
            _position += 5;
            return true;
        }

        if (rest.Length >= 9 && rest[0] == MessagePackCode.Float64)
        {
            value = BinaryPrimitives.ReadDoubleBigEndian(rest[1..]);
            _position += 9;
            return true;
        }

        return false;
    }

    /// <summary>Reads a str as it stands, without checking that it is UTF-8.</summary>
    public bool TryReadUtf8(out ReadOnlySpan<byte> value) => TryReadBytes(MessagePackType.String, out value);

    /// <summary>Reads a str. Invalid UTF-8 fails.</summary>
    public bool TryReadString([NotNullWhen(true)] out string? value)
    {
        int start = _position;
        if (TryReadUtf8(out ReadOnlySpan<byte> utf8) && Utf8.IsValid(utf8))
        {
            value = Encoding.UTF8.GetString(utf8);
            return true;
        }

        _position = start;
        value = null;
        return false;
    }

    /// <summary>Reads a bin. A str is not accepted.</summary>
    public bool TryReadBinary(out ReadOnlySpan<byte> value) => TryReadBytes(MessagePackType.Binary, out value);

    /// <summary>Reads an array's header; <paramref name="count"/> values follow.</summary>
    /// <returns><c>false</c> also if the rest of the buffer cannot hold that many values.</returns>
    public bool TryReadArrayHeader(out int count) => TryReadHeader(MessagePackType.Array, 1, out count);

    /// <summary>Reads a map's header; <paramref name="count"/> pairs of key and value follow.</summary>
    /// <returns><c>false</c> also if the rest of the buffer cannot hold that many pairs.</returns>
    public bool TryReadMapHeader(out int count) => TryReadHeader(MessagePackType.Map, 2, out count);

    /// <summary>Skips one value with everything in it.</summary>
    /// <param name="maxDepth">How many arrays and maps may lie in each other; 0 allows none.</param>
    public bool TrySkip(int maxDepth = DefaultMaxDepth)
    {
        int start = _position;
        if (TrySkipValue(maxDepth))
        {
            return true;
        }

        _position = start;
        return false;
    }

    private bool TrySkipValue(int depthLeft)
    {
        switch (PeekType())
        {
            case MessagePackType.Nil:
            case MessagePackType.Boolean:
                _position++;
                return true;
            case MessagePackType.Integer:
            case MessagePackType.Float:
                return TryReadNumber(out _);
            case MessagePackType.String:
            case MessagePackType.Binary:
            case MessagePackType.Extension:
                return TryReadBytes(PeekType(), out _);
            case MessagePackType.Array:
                return depthLeft > 0 && TryReadArrayHeader(out int items) && TrySkipValues(items, depthLeft - 1);
            case MessagePackType.Map:
                // A pair has at least two bytes, so twice the count still fits an int.
                return depthLeft > 0 && TryReadMapHeader(out int pairs) && TrySkipValues(2 * pairs, depthLeft - 1);
            default:
                return false;
        }
    }

    private bool TrySkipValues(int count, int depthLeft)
    {
        for (int i = 0; i < count; i++)
        {
            if (!TrySkipValue(depthLeft))
            {
                return false;
            }
        }

        return true;
    }

    private readonly bool TryDecodeInteger(out long value, out int length, out bool overflows)
    {
        value = 0;
        overflows = false;
        length = 1;
        ReadOnlySpan<byte> rest = Rest;
        if (PeekType() != MessagePackType.Integer)
        {
            return false;
        }

        byte code = rest[0];
        if (code is <= MessagePackCode.MaxPositiveFixInt or >= MessagePackCode.NegativeFixInt)
        {
            value = (sbyte)code;
            return true;
        }

        // CC to CF and D0 to D3 are 1, 2, 4 and 8 bytes, unsigned and signed.
        int size = 1 << (code & 3);
        length = 1 + size;
        if (rest.Length < length)
        {
            return false;
        }

        ReadOnlySpan<byte> digits = rest[1..];
        value = code switch
        {
            MessagePackCode.UInt8 => digits[0],
            MessagePackCode.UInt16 => BinaryPrimitives.ReadUInt16BigEndian(digits),
            MessagePackCode.UInt32 => BinaryPrimitives.ReadUInt32BigEndian(digits),
            MessagePackCode.Int8 => (sbyte)digits[0],
            MessagePackCode.Int16 => BinaryPrimitives.ReadInt16BigEndian(digits),
            MessagePackCode.Int32 => BinaryPrimitives.ReadInt32BigEndian(digits),
            _ => BinaryPrimitives.ReadInt64BigEndian(digits),
        };
        overflows = code == MessagePackCode.UInt64 && value < 0;
        return true;
    }

    private bool TryReadBytes(MessagePackType type, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (PeekType() != type)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = Rest;
        byte code = rest[0];
        uint length;
        int headerLength;
        if (code <= MessagePackCode.MaxFixString)
        {
            (length, headerLength) = (code & 0x1Fu, 1);
        }
        else if (code is >= MessagePackCode.FixExt1 and <= MessagePackCode.FixExt16)
        {
            (length, headerLength) = (1u << (code - MessagePackCode.FixExt1), 1);
        }
        else
        {
            byte first = type switch
            {
                MessagePackType.String => MessagePackCode.Str8,
                MessagePackType.Binary => MessagePackCode.Bin8,
                _ => MessagePackCode.Ext8,
            };
            if (!TryReadLength(rest, 1 << (code - first), out length, out headerLength))
            {
                return false;
            }
        }

        // An extension carries its type in one byte before the data, which the length does not count.
        int typeLength = type == MessagePackType.Extension ? 1 : 0;
        if ((long)headerLength + typeLength + length > rest.Length)
        {
            return false;
        }

        value = rest.Slice(headerLength + typeLength, (int)length);
        _position += headerLength + typeLength + (int)length;
        return true;
    }

    private bool TryReadHeader(MessagePackType type, int minItemLength, out int count)
    {
        count = 0;
        if (PeekType() != type)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = Rest;
        byte code = rest[0];
        uint items = code & 0x0Fu;
        int headerLength = 1;
        if (code >= MessagePackCode.Array16
            && !TryReadLength(rest, (code & 1) == 0 ? 2 : 4, out items, out headerLength))
        {
            return false;
        }

        if ((long)items * minItemLength > rest.Length - headerLength)
        {
            return false;
        }

        count = (int)items;
        _position += headerLength;
        return true;
    }

    private static bool TryReadLength(ReadOnlySpan<byte> rest, int size, out uint length, out int headerLength)
    {
        headerLength = 1 + size;
        length = 0;
        if (rest.Length < headerLength)
        {
            return false;
        }

        length = size switch
        {
            1 => rest[1],
            2 => BinaryPrimitives.ReadUInt16BigEndian(rest[1..]),
            _ => BinaryPrimitives.ReadUInt32BigEndian(rest[1..]),
        };
        return true;
    }
}
