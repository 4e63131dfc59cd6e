namespace Calls.Rtc.PeerTests;

/// <summary>Keeps what the server measures.</summary>
internal sealed class RecordedMeasurements : IRtcMeasurements
{
    public List<(string Group, RtcErrorKind Kind)> Errors { get; } = [];

    public List<(string Group, RtcQuality Quality, double Value)> Qualities { get; } = [];

    public void OnError(string groupId, RtcErrorKind kind) => Errors.Add((groupId, kind));

    public void OnQuality(string groupId, RtcQuality quality, double value) => Qualities.Add((groupId, quality, value));

    public void OnState(RtcConnectionState state)
    {
        // Nobody asks.
    }

    public void OnConnected(string groupId, TimeSpan sinceCreation)
    {
        // Nobody asks.
    }

    public void OnDataChannelOpen(string groupId, TimeSpan sinceAnswer)
    {
        // Nobody asks.
    }

    public void OnLockTaken(string groupId, TimeSpan waited)
    {
        // Nobody asks.
    }

    public void OnLockReleased(string groupId, TimeSpan held)
    {
        // Nobody asks.
    }
}
