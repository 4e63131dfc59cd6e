using Calls.Rtc.Ice;

namespace Calls.Rtc.Sessions;

/// <summary>Turns what happens to one session into measurements, each of them once.</summary>
/// <remarks>Owned by the session's mailbox.</remarks>
internal sealed class SessionMeasurements(IRtcMeasurements? sink, string groupId, long createdMs)
{
    private long? _answeredMs;
    private bool _isConnected;
    private bool _isDisconnected;
    private bool _isChannelOpen;

    public void OnAnswer(long nowMs) => _answeredMs ??= nowMs;

    /// <summary>Something came through the handshake.</summary>
    public void OnAuthenticatedPacket(long nowMs)
    {
        if (!_isConnected)
        {
            _isConnected = true;
            sink?.OnConnected(groupId, TimeSpan.FromMilliseconds(nowMs - createdMs));
            sink?.OnState(RtcConnectionState.Connected);
        }
    }

    public void OnDataChannelOpen(long nowMs)
    {
        if (!_isChannelOpen)
        {
            _isChannelOpen = true;
            sink?.OnDataChannelOpen(groupId, TimeSpan.FromMilliseconds(nowMs - (_answeredMs ?? createdMs)));
        }
    }

    /// <summary>Follows the ICE agent: out of sight, and back.</summary>
    public void Follow(IceConnectionState ice)
    {
        bool isDisconnected = ice == IceConnectionState.Disconnected;
        if (_isConnected && isDisconnected != _isDisconnected && ice != IceConnectionState.Failed)
        {
            sink?.OnState(isDisconnected ? RtcConnectionState.Disconnected : RtcConnectionState.Connected);
        }

        _isDisconnected = isDisconnected;
    }

    public void OnError(RtcErrorKind error) => sink?.OnError(groupId, error);

    public void OnClosed(RtcCloseReason reason)
    {
        if (reason is RtcCloseReason.IceFailed or RtcCloseReason.DtlsFailed)
        {
            sink?.OnState(RtcConnectionState.Failed);
        }

        sink?.OnState(RtcConnectionState.Closed);
    }

    public void OnLockTaken(long waitedMs) => sink?.OnLockTaken(groupId, TimeSpan.FromMilliseconds(waitedMs));

    public void OnLockReleased(long heldMs) => sink?.OnLockReleased(groupId, TimeSpan.FromMilliseconds(heldMs));

    public void OnOfferUnanswered() => sink?.OnError(groupId, RtcErrorKind.Track);

    public void OnQuality(RtcQuality quality, double value) => sink?.OnQuality(groupId, quality, value);
}
