namespace Calls.Rtc.Dtls;

/// <summary>The retransmissions of the current flight of a handshake, and when the next one is due (RFC 6347, section 4.2.4).</summary>
/// <remarks>OpenSSL writes each flight several times in advance, because sequence numbers of records must not repeat.</remarks>
internal sealed class RetransmissionTimer
{
    // In order.
    private readonly List<(int Copy, byte[] Datagram)> _copies = [];
    private long _delayMs;
    private int _nextCopy;

    /// <summary>When the next copy is due; <c>null</c> if there is none.</summary>
    public long? DueMs
    {
        get => _nextCopy <= DatagramBio.Copies && _copies.Count > 0 ? field : null;
        private set;
    }

    /// <summary>Number of the flight that is retransmitted.</summary>
    public byte Flight { get; private set; }

    /// <summary>Another flight has been written, and the one before arrived.</summary>
    public void Begin(byte flight, long nowMs)
    {
        Flight = flight;
        _copies.Clear();
        _nextCopy = 1;
        _delayMs = DtlsSession.FirstRetransmissionMs;
        DueMs = nowMs + _delayMs;
    }

    public void Keep(int copy, ReadOnlySpan<byte> datagram) => _copies.Add((copy, datagram.ToArray()));

    /// <summary>Sends the copy that is due.</summary>
    public void Retransmit(IDtlsOutput output, long nowMs)
    {
        int copy = _nextCopy++;
        _delayMs = Math.Min(_delayMs * 2, DtlsSession.MaxRetransmissionMs);
        DueMs = nowMs + _delayMs;

        // By index: the output may call the session, and what it causes may end the handshake.
        for (int i = 0; i < _copies.Count; i++)
        {
            if (_copies[i].Copy == copy)
            {
                output.SendDatagram(_copies[i].Datagram);
            }
        }
    }

    /// <summary>The handshake is over.</summary>
    public void Stop()
    {
        _copies.Clear();
        _copies.TrimExcess();
    }
}
