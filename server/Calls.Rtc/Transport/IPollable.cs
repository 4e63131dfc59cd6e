using System.Net.Sockets;

namespace Calls.Rtc.Transport;

/// <summary>Something that <see cref="DatagramSockets.Wait"/> can wait for beside its datagrams.</summary>
internal interface IPollable
{
    /// <summary><c>null</c> where readiness is told in another way than by the system.</summary>
    Socket? Socket { get; }
}
