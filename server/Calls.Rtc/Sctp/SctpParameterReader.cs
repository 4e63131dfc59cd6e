using System.Buffers.Binary;

namespace Calls.Rtc.Sctp;

/// <summary>Walks through type-length-value parameters (RFC 9260, section 3.2.1).</summary>
internal ref struct SctpParameterReader(ReadOnlySpan<byte> rest)
{
    public const int HeaderLength = 4;

    private ReadOnlySpan<byte> _rest = rest;

    /// <summary>The reader stopped at a parameter whose length cannot be.</summary>
    public bool IsMalformed { get; private set; }

    /// <param name="type">The parameter's type.</param>
    /// <param name="bytes">Header and value without padding.</param>
    public bool TryRead(out SctpParameterType type, out ReadOnlySpan<byte> bytes)
    {
        type = default;
        bytes = default;
        if (_rest.IsEmpty)
        {
            return false;
        }

        int length = _rest.Length < HeaderLength ? 0 : BinaryPrimitives.ReadUInt16BigEndian(_rest[2..]);
        if (length < HeaderLength || length > _rest.Length)
        {
            IsMalformed = true;
            return false;
        }

        type = (SctpParameterType)BinaryPrimitives.ReadUInt16BigEndian(_rest);
        bytes = _rest[..length];
        _rest = _rest[Math.Min((length + 3) & ~3, _rest.Length)..];
        return true;
    }
}
