using Calls.Rtc.Sfu.Feedback;

namespace Calls.Rtc.Tests.Sfu.Feedback;

/// <summary>Keeps what an estimator would learn.</summary>
internal sealed class RecordingObserver : IBandwidthObserver
{
    public List<PacketFeedback> Packets { get; } = [];

    public List<long> Ends { get; } = [];

    public void OnPacket(in PacketFeedback packet) => Packets.Add(packet);

    public void OnFeedbackEnd(long nowMs) => Ends.Add(nowMs);
}
