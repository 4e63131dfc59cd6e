using Calls.Rtc.Rtcp;

namespace Calls.Rtc.Client;

/// <summary>What a client does about lost packets of video that it receives: asks again, then for a key frame; and its transport-wide feedback.</summary>
/// <remarks>Looks at video streams only, because nothing else is ever asked for. Not thread-safe. Allocates nothing once a stream is known.</remarks>
internal sealed class ClientRepair(ClientRtcp rtcp)
{
    public const long FeedbackIntervalMs = 100;

    public const long KeyFrameRequestIntervalMs = 500;

    private const long DefaultRoundTripMs = 100;

    private const int MaxNumbers = 256;

    private readonly TransportCcRecorder _transportCc = new();
    private long _nextFeedbackMs = long.MaxValue;
    private uint _lastMediaSsrc;

    /// <summary>As measured on the data channel; with losses it may be that of another ping, so repairs tell better.</summary>
    public long RoundTripMs { get; set; } = DefaultRoundTripMs;

    /// <summary>When <see cref="HandleDeadline"/> has something to do.</summary>
    public long NextDueMs(List<ReceivedStream> video)
    {
        long due = _nextFeedbackMs;
        foreach (ReceivedStream stream in video)
        {
            due = Math.Min(due, stream.Nacks?.NextDueMs ?? long.MaxValue);
            due = Math.Min(due, stream.KeyFrameRequestMs);
        }

        return due;
    }

    public void OnTransportCc(ushort number, uint ssrc, long nowMs)
    {
        _transportCc.OnPacket(number, nowMs);
        _lastMediaSsrc = ssrc;
        _nextFeedbackMs = Math.Min(_nextFeedbackMs, nowMs + FeedbackIntervalMs);
    }

    public void HandleDeadline(List<ReceivedStream> video, long nowMs)
    {
        if (nowMs >= _nextFeedbackMs)
        {
            _nextFeedbackMs = long.MaxValue;
            rtcp.SendFeedback(_transportCc, _lastMediaSsrc);
        }

        foreach (ReceivedStream stream in video)
        {
            RequestMissing(stream, nowMs);
        }
    }

    /// <summary>Asks for what is due of one stream.</summary>
    public void RequestMissing(ReceivedStream stream, long nowMs)
    {
        if (stream.Nacks is { } nacks && nowMs >= nacks.NextDueMs)
        {
            Span<ushort> numbers = stackalloc ushort[MaxNumbers];
            int count = nacks.TakeDue(nowMs, stream.RepairRoundTripMs is > 0 and long repair ? repair : RoundTripMs, numbers);
            if (count > 0)
            {
                stream.Requested += count;
                rtcp.SendNack(stream.Ssrc, numbers[..count]);
            }
        }

        if (stream.Nacks?.TakeHasGivenUp() == true)
        {
            stream.WantKeyFrame(nowMs, KeyFrameRequestIntervalMs);
        }

        if (nowMs >= stream.KeyFrameRequestMs)
        {
            stream.OnKeyFrameRequested(nowMs);
            rtcp.SendKeyFrameRequest(stream.Ssrc);
        }
    }
}
