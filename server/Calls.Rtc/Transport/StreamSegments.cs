namespace Calls.Rtc.Transport;

/// <summary>The memory of all outgoing queues of a loop, in pieces of one size. Bounded, and reused.</summary>
/// <remarks>Loop thread only. Allocates when more is in use than ever before.</remarks>
internal sealed class StreamSegments(int maxSegments)
{
    /// <summary>Bytes: some ten packets of a picture, or some hundred of speech.</summary>
    public const int SegmentSize = 16 * 1024;

    private readonly Stack<byte[]> _free = new();
    private int _made;

    public int InUse => _made - _free.Count;

    /// <summary><c>null</c>: all are in use.</summary>
    public byte[]? TryRent()
    {
        if (_free.TryPop(out byte[]? segment))
        {
            return segment;
        }

        if (_made == maxSegments)
        {
            return null;
        }

        _made++;
        return GC.AllocateUninitializedArray<byte>(SegmentSize);
    }

    public void Return(byte[] segment) => _free.Push(segment);
}
