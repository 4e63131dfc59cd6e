namespace Calls.Rtc.Srtp;

/// <summary>Which of the last 128 indices were received (RFC 3711 3.3.2; media.md 9.6). Start with <c>default</c>.</summary>
/// <remarks><see cref="Check"/> before authentication, <see cref="Accept"/> only after it: a forged packet must not move the window.</remarks>
internal struct ReplayWindow
{
    public const int Size = 128;

    // Bit n: index Highest - n was received. Zero means that nothing was.
    private UInt128 _received;

    public long Highest { get; private set; }

    public readonly bool IsEmpty => _received == UInt128.Zero;

    public readonly SrtpResult Check(long index)
    {
        long age = Highest - index;

        if (age < 0 || IsEmpty)
        {
            return SrtpResult.Ok;
        }

        if (age >= Size)
        {
            return SrtpResult.TooOld;
        }

        return (_received >> (int)age & 1) == 0 ? SrtpResult.Ok : SrtpResult.Replayed;
    }

    public void Accept(long index)
    {
        long ahead = index - Highest;

        if (IsEmpty || ahead >= Size)
        {
            _received = UInt128.One;
            Highest = index;
        }
        else if (ahead > 0)
        {
            _received = _received << (int)ahead | UInt128.One;
            Highest = index;
        }
        else
        {
            _received |= UInt128.One << (int)-ahead;
        }
    }
}
