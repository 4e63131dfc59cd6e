namespace Calls.Rtc.Srtp;

/// <summary>What a receiver remembers of one SSRC: the packet indices seen on SRTP and on SRTCP.</summary>
internal struct SrtpStream
{
    public ReplayWindow Rtp;
    public ReplayWindow Rtcp;
}
