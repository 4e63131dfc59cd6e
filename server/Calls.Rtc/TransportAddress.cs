using System.Buffers.Binary;
using System.Net;

namespace Calls.Rtc;

/// <summary>An IP address, a port and whether it is UDP or TCP. IPv4 addresses are kept IPv4-mapped.</summary>
public readonly record struct TransportAddress(UInt128 Address, ushort Port, bool IsTcp = false)
{
    // ::ffff:0:0/96
    private const ulong IPv4MappedPrefix = 0xFFFF;

    /// <summary>Whether <see cref="Address"/> is ::ffff:0:0/96.</summary>
    public bool IsIPv4 => Address >> 32 == IPv4MappedPrefix;

    public static TransportAddress From(IPEndPoint endpoint, bool isTcp = false)
    {
        Span<byte> bytes = stackalloc byte[16];
        endpoint.Address.MapToIPv6().TryWriteBytes(bytes, out _);
        return new(BinaryPrimitives.ReadUInt128BigEndian(bytes), (ushort)endpoint.Port, isTcp);
    }

    /// <summary>The IPv4-mapped form of an IPv4 address.</summary>
    /// <param name="address">In host order: 127.0.0.1 is 0x7F000001.</param>
    public static UInt128 MapIPv4(uint address) => new(0, (IPv4MappedPrefix << 32) | address);

    public IPEndPoint ToEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        var address = new IPAddress(bytes);
        return new(IsIPv4 ? address.MapToIPv4() : address, Port);
    }

    public override string ToString() => $"{(IsTcp ? "tcp" : "udp")} {ToEndPoint()}";
}
