using Calls.Rtc.Rtp;

namespace Calls.Rtc.Rtcp;

/// <summary>Remembers when the packets of one connection arrived, over all its streams, and reports it (media.md 4.8).</summary>
/// <remarks>Owned by one loop; allocates nothing after construction.</remarks>
internal sealed class TransportCcRecorder
{
    /// <summary>Packets remembered. At one report per 100 ms this is 20 Mbit/s of full packets; older ones go unreported.</summary>
    public const int Capacity = 256;

    private readonly long[] _sequences = new long[Capacity];
    private readonly long[] _arrivalTicks = new long[Capacity];

    private bool _started;
    private long _highest;

    // First number of the next report; a packet that comes late moves it back.
    private long _nextBase;
    private bool _hasNews;
    private byte _feedbackCount;

    public TransportCcRecorder()
    {
        Array.Fill(_sequences, long.MinValue);
    }

    /// <param name="sequenceNumber">From the packet's transport-wide extension.</param>
    public void OnPacket(ushort sequenceNumber, long nowMs)
    {
        if (!_started)
        {
            _started = true;
            _highest = sequenceNumber;
            _nextBase = sequenceNumber;
        }

        long sequence = SequenceNumber.Extend(sequenceNumber, _highest);
        if (sequence <= _highest - Capacity)
        {
            return;
        }

        int slot = (int)(sequence & (Capacity - 1));
        if (_sequences[slot] == sequence)
        {
            return;
        }

        _sequences[slot] = sequence;
        _arrivalTicks[slot] = nowMs * TransportCcFeedback.TicksPerMillisecond;
        _highest = Math.Max(_highest, sequence);
        _nextBase = Math.Max(Math.Min(_nextBase, sequence), _highest - Capacity + 1);
        _hasNews = true;
    }

    /// <summary>Writes what arrived since the last call.</summary>
    /// <param name="destination">At least <see cref="TransportCcFeedbackWriter.MaxLength"/> for <see cref="Capacity"/>.</param>
    /// <returns>Length in bytes; 0 if nothing arrived.</returns>
    public int WriteFeedback(Span<byte> destination, uint senderSsrc, uint mediaSsrc)
    {
        if (!_hasNews)
        {
            return 0;
        }

        Span<long> ticks = stackalloc long[Capacity];
        int count = (int)(_highest - _nextBase) + 1;
        for (int i = 0; i < count; i++)
        {
            int slot = (int)((_nextBase + i) & (Capacity - 1));
            ticks[i] = _sequences[slot] == _nextBase + i ? _arrivalTicks[slot] : TransportCcFeedbackWriter.NotReceived;
        }

        int length = TransportCcFeedbackWriter.Write(
            destination, senderSsrc, mediaSsrc, (ushort)_nextBase, _feedbackCount, ticks[..count], out int covered);
        _feedbackCount++;
        _nextBase += covered;
        _hasNews = _nextBase <= _highest;
        return length;
    }
}
