using Calls.Rtc.Ice;
using Calls.Rtc.Sfu;
using Calls.Rtc.Sfu.Statistics;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Sessions;

/// <summary>The server as its sessions see it.</summary>
internal interface ISessionHost
{
    long NowMs { get; }

    NtpClock Ntp { get; }

    LossCounters Losses { get; }

    DeadlineQueue Deadlines { get; }

    IRtcEvents Events { get; }

    IRtcMeasurements? Measurements { get; }

    TrafficTotals Traffic { get; }

    /// <summary>Runs a mailbox soon, never from within the call; <c>null</c> for the thread pool.</summary>
    Action<IThreadPoolWorkItem>? Schedule { get; }

    MediaLoop Loop(int index);

    /// <summary>[loop] The loop ticks the session from now on.</summary>
    void Own(MediaLoop loop, RtcSession session);

    /// <summary>[loop]</summary>
    void Disown(MediaLoop loop, RtcSession session);

    void AddCredentials(IceCredentials credentials, RtcSession session);

    void RemoveCredentials(IceCredentials credentials);

    void Count(RtcErrorKind error);

    void OnClosed(RtcSession session, RtcCloseReason reason);
}
