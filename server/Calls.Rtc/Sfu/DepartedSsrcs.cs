using Calls.Rtc.Srtp;

namespace Calls.Rtc.Sfu;

/// <summary>
/// SSRCs whose section or stream is gone. SRTP remembers a limited number of SSRCs, and a long call uses up more, so the oldest
/// departed ones are forgotten when room is needed. Their old packets would authenticate again: they are refused from then on.
/// </summary>
internal sealed class DepartedSsrcs
{
    // SRTP keeps some room for SSRCs that only send RTCP.
    private const int KeepFree = 8;

    private const int MaxForgotten = 256;

    private readonly List<uint> _departed = new(SrtpInbound.MaxSsrcs);
    private readonly uint[] _forgotten = new uint[MaxForgotten];
    private int _forgottenCount;

    public void Add(uint ssrc)
    {
        if (!_departed.Contains(ssrc) && _departed.Count < SrtpInbound.MaxSsrcs)
        {
            _departed.Add(ssrc);
        }
    }

    /// <summary>Signaling names the SSRC again.</summary>
    public void Remove(uint ssrc)
    {
        _departed.Remove(ssrc);
        int index = Forgotten.IndexOf(ssrc);
        if (index >= 0)
        {
            // 0 stands for a free entry: SSRC 0 is never bound.
            _forgotten[index] = 0;
        }
    }

    public bool IsForgotten(uint ssrc) => ssrc != 0 && Forgotten.Contains(ssrc);

    /// <summary>Keeps room in SRTP's table.</summary>
    public void MakeRoom(SrtpInbound inbound)
    {
        while (inbound.SsrcCount > SrtpInbound.MaxSsrcs - KeepFree && _departed.Count > 0)
        {
            uint oldest = _departed[0];
            _departed.RemoveAt(0);
            if (inbound.Forget(oldest))
            {
                _forgotten[_forgottenCount++ % MaxForgotten] = oldest;
            }
        }
    }

    private Span<uint> Forgotten => _forgotten.AsSpan(0, Math.Min(_forgottenCount, MaxForgotten));
}
