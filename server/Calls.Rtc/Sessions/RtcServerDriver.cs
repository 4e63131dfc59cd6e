using System.Net;
using Calls.Rtc.Ice;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Sessions;

/// <summary>Takes the place of sockets and threads, so that a whole server runs on a test's clock and thread.</summary>
/// <param name="Sockets">The sockets of each loop. Whoever gives them runs the loops' turns.</param>
/// <param name="Schedule">Runs a mailbox soon, never from within the call.</param>
/// <param name="Listeners">The TCP listeners of each loop.</param>
/// <param name="Interfaces">The addresses of the machine; those to listen on by default.</param>
/// <param name="Discover">Takes the place of asking STUN servers: local to public addresses.</param>
internal sealed record RtcServerDriver(
    Func<int, DatagramSockets> Sockets,
    Action<IThreadPoolWorkItem> Schedule,
    Func<int, IReadOnlyList<IStreamListener>>? Listeners = null,
    IReadOnlyList<InterfaceAddress>? Interfaces = null,
    Func<IReadOnlyList<IPAddress>, IReadOnlyDictionary<IPAddress, IPAddress>>? Discover = null);
