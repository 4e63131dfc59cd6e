using System.Net;

namespace Calls.Rtc;

/// <summary>An IP address, a port and whether it is UDP or TCP. IPv4 addresses are kept IPv4-mapped.</summary>
public readonly record struct TransportAddress(UInt128 Address, ushort Port, bool IsTcp = false)
{
    public static TransportAddress From(IPEndPoint endpoint, bool isTcp = false)
    {
        Span<byte> bytes = stackalloc byte[16];
        endpoint.Address.MapToIPv6().TryWriteBytes(bytes, out _);
        return new(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes), (ushort)endpoint.Port, isTcp);
    }

    /// <summary>Whether <see cref="Address"/> is ::ffff:0:0/96.</summary>
    public bool IsIPv4 => Address >> 32 == 0xFFFF;

    public IPEndPoint ToEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        var address = new IPAddress(bytes);
        return new(IsIPv4 ? address.MapToIPv4() : address, Port);
    }

    public override string ToString() => $"{(IsTcp ? "tcp" : "udp")} {ToEndPoint()}";
}
