using Calls.Rtc.Transport;

namespace Calls.Rtc.Sessions;

/// <summary>Takes the place of sockets and threads, so that a whole server runs on a test's clock and thread.</summary>
/// <param name="Sockets">The sockets of each loop. Whoever gives them runs the loops' turns.</param>
/// <param name="Schedule">Runs a mailbox soon, never from within the call.</param>
internal sealed record RtcServerDriver(Func<int, DatagramSockets> Sockets, Action<IThreadPoolWorkItem> Schedule);
