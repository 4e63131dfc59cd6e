namespace Calls.Rtc.Transport;

/// <summary>The addresses of a flow as a dictionary key that hashes in a few instructions.</summary>
/// <remarks>Only authenticated peers get into a table, so its hash needs no defence against chosen keys.</remarks>
internal readonly record struct PathKey(ulong High, ulong Low, uint PortAndLocal)
{
    public static PathKey From(TransportAddress remote, int localIndex) =>
        new((ulong)(remote.Address >> 64), (ulong)remote.Address, ((uint)localIndex << 16) | remote.Port);

    public override int GetHashCode()
    {
        // Multiplication moves differences in low bits up; the fold brings them back to where a table looks.
        ulong mixed = (Low ^ (High * 0x9E3779B97F4A7C15) ^ ((ulong)PortAndLocal << 32)) * 0xD6E8FEB86659FD93;
        return (int)(mixed ^ (mixed >> 32));
    }
}
