namespace Calls.Rtc.Sctp;

/// <summary>Slow start, congestion avoidance and their ends (RFC 9260, section 7.2). All numbers are bytes of user data.</summary>
internal sealed class CongestionWindow
{
    private readonly int _fragmentLength;
    private int _slowStartThreshold = int.MaxValue;
    private int _partialBytesAcked;
    private uint _recoveryExitTsn;

    /// <param name="fragmentLength">Largest amount of user data in one packet (PMDCS).</param>
    public CongestionWindow(int fragmentLength)
    {
        _fragmentLength = fragmentLength;

        // Section 7.2.1.
        Bytes = Math.Min(4 * fragmentLength, Math.Max(2 * fragmentLength, 4404));
    }

    /// <summary>What may be in flight (cwnd).</summary>
    public int Bytes { get; private set; }

    /// <summary>Between a fast retransmission and the acknowledgement of all that was outstanding then (section 7.2.4).</summary>
    public bool IsInFastRecovery { get; private set; }

    /// <summary>A SACK that moved the cumulative TSN.</summary>
    /// <param name="cumulativeTsn">Its new value.</param>
    /// <param name="ackedBytes">User data newly acknowledged.</param>
    /// <param name="flightBytes">What was in flight before the SACK.</param>
    public void Acknowledged(uint cumulativeTsn, int ackedBytes, int flightBytes)
    {
        if (IsInFastRecovery)
        {
            IsInFastRecovery = SerialNumber.IsAfter(_recoveryExitTsn, cumulativeTsn);
            return;
        }

        // Only a window that was used says something about the path.
        bool wasUsed = flightBytes + _fragmentLength > Bytes;
        if (Bytes <= _slowStartThreshold)
        {
            Bytes += wasUsed ? Math.Min(ackedBytes, _fragmentLength) : 0;
            return;
        }

        // Section 7.2.2: one fragment per window.
        _partialBytesAcked += ackedBytes;
        if (_partialBytesAcked >= Bytes && wasUsed)
        {
            _partialBytesAcked -= Bytes;
            Bytes += _fragmentLength;
        }
        else
        {
            _partialBytesAcked = Math.Min(_partialBytesAcked, Bytes);
        }
    }

    /// <summary>Chunks were reported missing three times.</summary>
    /// <param name="highestTsn">The highest TSN outstanding.</param>
    public void EnterFastRecovery(uint highestTsn)
    {
        if (IsInFastRecovery)
        {
            return;
        }

        Halve();
        Bytes = _slowStartThreshold;
        IsInFastRecovery = true;
        _recoveryExitTsn = highestTsn;
    }

    /// <summary>T3-rtx expired (section 7.2.3).</summary>
    public void TimedOut()
    {
        Halve();
        Bytes = _fragmentLength;
        IsInFastRecovery = false;
    }

    private void Halve()
    {
        _slowStartThreshold = Math.Max(Bytes / 2, 4 * _fragmentLength);
        _partialBytesAcked = 0;
    }
}
