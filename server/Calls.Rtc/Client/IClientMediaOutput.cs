namespace Calls.Rtc.Client;

/// <summary>What <see cref="ClientMedia"/> does to the outside.</summary>
internal interface IClientMediaOutput
{
    void SendMedia(ReadOnlySpan<byte> datagram);

    void OnPacket(ReceivedStream stream, in ReceivedPacket packet, long nowMs);

    void OnKeyFrameRequested(SentTrack track);
}
