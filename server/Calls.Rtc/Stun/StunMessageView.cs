using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Calls.Rtc.Crypto;

namespace Calls.Rtc.Stun;

/// <summary>A STUN message read in place (RFC 8489, section 5). Nothing in it is trusted before <see cref="HasIntegrity"/>.</summary>
public ref struct StunMessageView
{
    // RFC 8489, section 14.3: fewer than 509 bytes; RFC 5389 allowed 513.
    private const int MaxUsernameLength = 513;

    private readonly ReadOnlySpan<byte> _message;

    // Offsets of attribute values. 0 = absent, as no value can start inside the header.
    private int _username;
    private int _usernameLength;
    private int _mappedAddress;
    private int _mappedAddressLength;
    private bool _mappedAddressIsXored;
    private int _priority;
    private int _controlling;
    private int _controlled;
    private int _errorCode;
    private int _integrity;
    private int _fingerprint;

    private StunMessageView(ReadOnlySpan<byte> message)
    {
        _message = message;
    }

    public readonly StunMessageType Type => (StunMessageType)BinaryPrimitives.ReadUInt16BigEndian(_message);

    /// <summary>The 12 bytes that a response repeats.</summary>
    public readonly ReadOnlySpan<byte> TransactionId =>
        _message.Slice(StunFormat.TransactionIdOffset, StunFormat.TransactionIdSize);

    /// <summary>USERNAME, empty if absent.</summary>
    public readonly ReadOnlySpan<byte> Username => _message.Slice(_username, _usernameLength);

    /// <summary>PRIORITY: the priority that the sender's address has as a peer-reflexive candidate. 0 if absent.</summary>
    public readonly uint Priority => _priority == 0 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(_message[_priority..]);

    public bool UseCandidate { get; private set; }

    /// <summary>ICE-CONTROLLING is present.</summary>
    public readonly bool IsControlling => _controlling != 0;

    /// <summary>ICE-CONTROLLED is present.</summary>
    public readonly bool IsControlled => _controlled != 0;

    /// <summary>The tie-breaker of ICE-CONTROLLING or ICE-CONTROLLED, 0 if both are absent.</summary>
    public readonly ulong TieBreaker => (_controlling | _controlled) == 0
        ? 0
        : BinaryPrimitives.ReadUInt64BigEndian(_message[(_controlling != 0 ? _controlling : _controlled)..]);

    /// <summary>ERROR-CODE as 300 to 699, 0 if absent.</summary>
    public readonly int ErrorCode => _errorCode == 0 ? 0 : ((_message[_errorCode + 2] & 7) * 100) + _message[_errorCode + 3];

    /// <summary>How many attributes are comprehension-required and not understood by us.</summary>
    public int UnknownRequiredCount { get; private set; }

    public readonly bool ContainsIntegrity => _integrity != 0;

    public readonly bool ContainsFingerprint => _fingerprint != 0;

    /// <summary>
    /// Reads a datagram that is exactly one STUN message. <c>false</c>: not STUN, or lengths that do not add up.
    /// </summary>
    /// <remarks>Of an attribute that repeats, the first counts. What follows MESSAGE-INTEGRITY is ignored, except FINGERPRINT,
    /// which must be last (RFC 8489, sections 14.5 and 14.7).</remarks>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out StunMessageView message)
    {
        message = default;
        if (datagram.Length < StunFormat.HeaderSize
            || datagram[0] > 3
            || BinaryPrimitives.ReadUInt32BigEndian(datagram[StunFormat.CookieOffset..]) != StunFormat.MagicCookie)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(datagram[StunFormat.LengthOffset..]);
        if (length % 4 != 0 || length != datagram.Length - StunFormat.HeaderSize)
        {
            return false;
        }

        var view = new StunMessageView(datagram);
        int offset = StunFormat.HeaderSize;
        while (offset < datagram.Length)
        {
            // The length is a multiple of four and every step is one, so a header always fits.
            var type = (StunAttributeType)BinaryPrimitives.ReadUInt16BigEndian(datagram[offset..]);
            int valueLength = BinaryPrimitives.ReadUInt16BigEndian(datagram[(offset + 2)..]);
            int value = offset + StunFormat.AttributeHeaderSize;
            int next = value + StunFormat.Padded(valueLength);
            if (next > datagram.Length || !view.TryAdd(type, value, valueLength, isLast: next == datagram.Length))
            {
                return false;
            }

            offset = next;
        }

        message = view;
        return true;
    }

    /// <summary>Splits USERNAME at its first colon: our ufrag and the sender's (RFC 8445, section 7.2.2).</summary>
    public readonly bool TrySplitUsername(out ReadOnlySpan<byte> localUfrag, out ReadOnlySpan<byte> remoteUfrag)
    {
        ReadOnlySpan<byte> username = Username;
        int colon = username.IndexOf((byte)':');
        if (colon <= 0)
        {
            localUfrag = remoteUfrag = default;
            return false;
        }

        localUfrag = username[..colon];
        remoteUfrag = username[(colon + 1)..];
        return true;
    }

    /// <summary>Whether MESSAGE-INTEGRITY is present and right, compared in constant time (RFC 8489, section 14.5).</summary>
    [SkipLocalsInit]
    public readonly bool HasIntegrity(HmacSha1Key key)
    {
        if (_integrity == 0)
        {
            return false;
        }

        // The MAC covers the message as if it ended with MESSAGE-INTEGRITY, whatever follows in fact.
        Span<byte> header = stackalloc byte[StunFormat.HeaderSize];
        _message[..StunFormat.HeaderSize].CopyTo(header);
        int coveredLength = _integrity + StunFormat.IntegritySize - StunFormat.HeaderSize;
        BinaryPrimitives.WriteUInt16BigEndian(header[StunFormat.LengthOffset..], (ushort)coveredLength);

        Span<byte> mac = stackalloc byte[StunFormat.IntegritySize];
        int attributesEnd = _integrity - StunFormat.AttributeHeaderSize;
        key.Compute(header, _message[StunFormat.HeaderSize..attributesEnd], mac);
        return CryptographicOperations.FixedTimeEquals(mac, _message.Slice(_integrity, StunFormat.IntegritySize));
    }

    /// <summary>Whether FINGERPRINT is absent or right.</summary>
    public readonly bool HasValidFingerprint()
    {
        if (_fingerprint == 0)
        {
            return true;
        }

        uint expected = Crc32.Compute(_message[..(_fingerprint - StunFormat.AttributeHeaderSize)]) ^ StunFormat.FingerprintMask;
        return BinaryPrimitives.ReadUInt32BigEndian(_message[_fingerprint..]) == expected;
    }

    /// <summary>XOR-MAPPED-ADDRESS, or MAPPED-ADDRESS from servers that know only that. <c>false</c>: neither, or malformed.</summary>
    /// <param name="isTcp">The transport that the request used; the attribute does not say.</param>
    public readonly bool TryGetMappedAddress(out TransportAddress address, bool isTcp = false)
    {
        address = default;
        if (_mappedAddress == 0)
        {
            return false;
        }

        ReadOnlySpan<byte> value = _message.Slice(_mappedAddress, _mappedAddressLength);
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(value[2..]);
        if (_mappedAddressIsXored)
        {
            port ^= (ushort)(StunFormat.MagicCookie >> 16);
        }

        if (value[1] == StunFormat.FamilyIPv4 && value.Length == 8)
        {
            uint bits = BinaryPrimitives.ReadUInt32BigEndian(value[4..]);
            bits ^= _mappedAddressIsXored ? StunFormat.MagicCookie : 0;
            address = new(TransportAddress.MapIPv4(bits), port, isTcp);
            return true;
        }

        if (value[1] == StunFormat.FamilyIPv6 && value.Length == 20)
        {
            UInt128 bits = BinaryPrimitives.ReadUInt128BigEndian(value[4..]);
            // The cookie and the transaction id lie side by side, as the mask of section 14.2 needs them.
            bits ^= _mappedAddressIsXored ? BinaryPrimitives.ReadUInt128BigEndian(_message[StunFormat.CookieOffset..]) : 0;
            address = new(bits, port, isTcp);
            return true;
        }

        return false;
    }

    /// <summary>Writes the comprehension-required types that we do not know and returns their count.</summary>
    /// <param name="types">Filled as far as it reaches.</param>
    public readonly int CopyUnknownRequired(Span<ushort> types)
    {
        int count = 0;
        int offset = StunFormat.HeaderSize;
        while (offset < _message.Length && count < types.Length)
        {
            var type = (StunAttributeType)BinaryPrimitives.ReadUInt16BigEndian(_message[offset..]);
            if (type == StunAttributeType.MessageIntegrity)
            {
                break;
            }

            if (IsUnknownRequired(type))
            {
                types[count++] = (ushort)type;
            }

            int valueLength = BinaryPrimitives.ReadUInt16BigEndian(_message[(offset + 2)..]);
            offset += StunFormat.AttributeHeaderSize + StunFormat.Padded(valueLength);
        }

        return count;
    }

    private static bool IsUnknownRequired(StunAttributeType type) => (ushort)type < 0x8000 && type is not (
        StunAttributeType.MappedAddress
        or StunAttributeType.Username
        or StunAttributeType.MessageIntegrity
        or StunAttributeType.ErrorCode
        or StunAttributeType.UnknownAttributes
        or StunAttributeType.Realm
        or StunAttributeType.Nonce
        or StunAttributeType.MessageIntegritySha256
        or StunAttributeType.XorMappedAddress
        or StunAttributeType.Priority
        or StunAttributeType.UseCandidate);

    private bool TryAdd(StunAttributeType type, int value, int length, bool isLast)
    {
        if (type == StunAttributeType.Fingerprint)
        {
            _fingerprint = value;
            return isLast && length == StunFormat.FingerprintSize;
        }

        if (_integrity != 0)
        {
            return true;
        }

        switch (type)
        {
            case StunAttributeType.Username:
                if (_username == 0)
                {
                    (_username, _usernameLength) = (value, length);
                }

                return length <= MaxUsernameLength;
            case StunAttributeType.MessageIntegrity:
                _integrity = value;
                return length == StunFormat.IntegritySize;
            case StunAttributeType.Priority:
                SetOnce(ref _priority, value);
                return length == sizeof(uint);
            case StunAttributeType.UseCandidate:
                UseCandidate = true;
                return length == 0;
            case StunAttributeType.IceControlling:
                SetOnce(ref _controlling, value);
                return length == sizeof(ulong);
            case StunAttributeType.IceControlled:
                SetOnce(ref _controlled, value);
                return length == sizeof(ulong);
            case StunAttributeType.ErrorCode:
                SetOnce(ref _errorCode, value);
                return length >= sizeof(uint);
            case StunAttributeType.XorMappedAddress:
            case StunAttributeType.MappedAddress:
                return TryAddMappedAddress(value, length, type == StunAttributeType.XorMappedAddress);
            default:
                UnknownRequiredCount += IsUnknownRequired(type) ? 1 : 0;
                return true;
        }
    }

    private bool TryAddMappedAddress(int value, int length, bool isXored)
    {
        // Middleboxes rewrite the plain form, which is why the XORed one wins (RFC 8489, section 14.2).
        if (_mappedAddress == 0 || (isXored && !_mappedAddressIsXored))
        {
            (_mappedAddress, _mappedAddressLength, _mappedAddressIsXored) = (value, length, isXored);
        }

        return length is 8 or 20;
    }

    private static void SetOnce(ref int offset, int value)
    {
        if (offset == 0)
        {
            offset = value;
        }
    }
}
