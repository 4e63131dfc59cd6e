using System.Buffers.Binary;
using Calls.Rtc.Crypto;

namespace Calls.Rtc.Stun;

/// <summary>Writes the STUN messages of ICE into a caller's span. Each method returns the message's length in bytes.</summary>
/// <remarks>A destination of <see cref="MaxSize"/> bytes is enough for every message.</remarks>
public ref struct StunWriter
{
    /// <summary>Larger than any message written here.</summary>
    public const int MaxSize = 640;

    private const int MaxReportedUnknown = 4;

    private readonly Span<byte> _destination;
    private int _length;

    private StunWriter(Span<byte> destination, StunMessageType type, ReadOnlySpan<byte> transactionId)
    {
        _destination = destination;
        _length = StunFormat.HeaderSize;
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)type);
        BinaryPrimitives.WriteUInt32BigEndian(destination[StunFormat.CookieOffset..], StunFormat.MagicCookie);
        transactionId[..StunFormat.TransactionIdSize].CopyTo(destination[StunFormat.TransactionIdOffset..]);
    }

    /// <summary>A Binding success response: XOR-MAPPED-ADDRESS, MESSAGE-INTEGRITY, FINGERPRINT.</summary>
    public static int WriteBindingSuccess(
        Span<byte> destination, ReadOnlySpan<byte> transactionId, TransportAddress mapped, HmacSha1Key key)
    {
        var writer = new StunWriter(destination, StunMessageType.BindingSuccess, transactionId);
        writer.AddXorMappedAddress(mapped);
        return writer.Finish(key);
    }

    /// <summary>A Binding error response 487 with MESSAGE-INTEGRITY and FINGERPRINT (RFC 8445, section 7.3.1.1).</summary>
    public static int WriteRoleConflict(Span<byte> destination, ReadOnlySpan<byte> transactionId, HmacSha1Key key)
    {
        var writer = new StunWriter(destination, StunMessageType.BindingError, transactionId);
        writer.AddErrorCode(StunErrorCode.RoleConflict, "Role Conflict"u8);
        return writer.Finish(key);
    }

    /// <summary>A Binding error response 420 that names the attributes not understood (RFC 8489, section 6.3.1), at most four.</summary>
    public static int WriteUnknownAttributes(Span<byte> destination, in StunMessageView request, HmacSha1Key key)
    {
        Span<ushort> unknown = stackalloc ushort[MaxReportedUnknown];
        int count = request.CopyUnknownRequired(unknown);

        var writer = new StunWriter(destination, StunMessageType.BindingError, request.TransactionId);
        // No reason phrase: the answer must not be larger than the question.
        writer.AddErrorCode(StunErrorCode.UnknownAttribute, default);
        Span<byte> value = writer.Add(StunAttributeType.UnknownAttributes, count * sizeof(ushort));
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(value[(i * sizeof(ushort))..], unknown[i]);
        }

        return writer.Finish(key);
    }

    /// <summary>A connectivity check of a full agent.</summary>
    /// <param name="key">The remote side's password.</param>
    public static int WriteCheck(Span<byte> destination, in StunCheck check, HmacSha1Key key)
    {
        var writer = new StunWriter(destination, StunMessageType.BindingRequest, check.TransactionId);
        check.Username.CopyTo(writer.Add(StunAttributeType.Username, check.Username.Length));
        StunAttributeType role = check.IsControlling ? StunAttributeType.IceControlling : StunAttributeType.IceControlled;
        BinaryPrimitives.WriteUInt64BigEndian(writer.Add(role, sizeof(ulong)), check.TieBreaker);
        if (check.UseCandidate)
        {
            writer.Add(StunAttributeType.UseCandidate, 0);
        }

        BinaryPrimitives.WriteUInt32BigEndian(writer.Add(StunAttributeType.Priority, sizeof(uint)), check.Priority);
        return writer.Finish(key);
    }

    /// <summary>A bare Binding request, to ask a STUN server for our public address.</summary>
    public static int WriteDiscovery(Span<byte> destination, ReadOnlySpan<byte> transactionId)
    {
        var writer = new StunWriter(destination, StunMessageType.BindingRequest, transactionId);
        writer.PatchLength();
        return writer._length;
    }

    // Value bytes and padding start as zero: the destination may hold an older message.
    private Span<byte> Add(StunAttributeType type, int valueLength)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_destination[_length..], (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(_destination[(_length + 2)..], (ushort)valueLength);
        Span<byte> padded = _destination.Slice(_length + StunFormat.AttributeHeaderSize, StunFormat.Padded(valueLength));
        padded.Clear();
        _length += StunFormat.AttributeHeaderSize + padded.Length;
        return padded[..valueLength];
    }

    private void AddXorMappedAddress(TransportAddress mapped)
    {
        // RFC 8489, section 14.2.
        Span<byte> value = Add(StunAttributeType.XorMappedAddress, mapped.IsIPv4 ? 8 : 20);
        value[1] = mapped.IsIPv4 ? StunFormat.FamilyIPv4 : StunFormat.FamilyIPv6;
        BinaryPrimitives.WriteUInt16BigEndian(value[2..], (ushort)(mapped.Port ^ (StunFormat.MagicCookie >> 16)));
        if (mapped.IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(value[4..], (uint)mapped.Address ^ StunFormat.MagicCookie);
        }
        else
        {
            UInt128 mask = BinaryPrimitives.ReadUInt128BigEndian(_destination[StunFormat.CookieOffset..]);
            BinaryPrimitives.WriteUInt128BigEndian(value[4..], mapped.Address ^ mask);
        }
    }

    private void AddErrorCode(StunErrorCode code, ReadOnlySpan<byte> reason)
    {
        Span<byte> value = Add(StunAttributeType.ErrorCode, 4 + reason.Length);
        value[2] = (byte)((int)code / 100);
        value[3] = (byte)((int)code % 100);
        reason.CopyTo(value[4..]);
    }

    // Both closing attributes cover the header with a length that already includes them.
    private int Finish(HmacSha1Key key)
    {
        int integrityStart = _length;
        Span<byte> mac = Add(StunAttributeType.MessageIntegrity, StunFormat.IntegritySize);
        PatchLength();
        key.Compute(_destination[..integrityStart], mac);

        int fingerprintStart = _length;
        Span<byte> fingerprint = Add(StunAttributeType.Fingerprint, StunFormat.FingerprintSize);
        PatchLength();
        uint crc = Crc32.Compute(_destination[..fingerprintStart]);
        BinaryPrimitives.WriteUInt32BigEndian(fingerprint, crc ^ StunFormat.FingerprintMask);
        return _length;
    }

    private readonly void PatchLength() => BinaryPrimitives.WriteUInt16BigEndian(
        _destination[StunFormat.LengthOffset..], (ushort)(_length - StunFormat.HeaderSize));
}
