namespace Calls.Rtc.Rtp;

/// <summary>The payloads of the last packets of one source, kept once for all who may have to send them again.</summary>
/// <remarks>Owned by the loop that sends the source's packets. Allocates nothing after construction.</remarks>
/// <param name="capacity">Packets, a power of two.</param>
/// <param name="maxPayloadBytes">Longer payloads are not kept.</param>
internal sealed class PayloadHistory(int capacity, int maxPayloadBytes)
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(capacity * maxPayloadBytes);
    private readonly ushort[] _lengths = new ushort[capacity];
    private readonly int _mask = capacity - 1;
    private long _next;

    public int Capacity => _lengths.Length;

    /// <summary>Keeps a copy in the place of the oldest payload.</summary>
    /// <returns>What to ask for it by; -1 if it is too long.</returns>
    public long Add(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > maxPayloadBytes)
        {
            return -1;
        }

        int slot = (int)(_next & _mask);
        _lengths[slot] = (ushort)payload.Length;
        payload.CopyTo(_bytes.AsSpan(slot * maxPayloadBytes));
        return _next++;
    }

    /// <summary>Finds a payload; <c>false</c> if a newer one has taken its place.</summary>
    public bool TryGet(long index, out ReadOnlySpan<byte> payload)
    {
        bool isKept = index >= 0 && index < _next && index >= _next - Capacity;
        int slot = (int)(index & _mask);
        payload = isKept ? _bytes.AsSpan(slot * maxPayloadBytes, _lengths[slot]) : default;
        return isKept;
    }
}
