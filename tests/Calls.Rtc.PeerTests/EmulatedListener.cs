using System.Net.Sockets;
using Calls.Rtc.Transport;

namespace Calls.Rtc.PeerTests;

/// <summary>A loop's listening socket on the emulated network.</summary>
internal sealed class EmulatedListener : IStreamListener
{
    private readonly Queue<EmulatedStream> _waiting = new();

    public Socket? Socket => null;

    public bool IsReadable => _waiting.Count > 0;

    /// <summary>The process is out of descriptors.</summary>
    public bool IsExhausted { get; set; }

    /// <summary>How often it was asked for a connection.</summary>
    public int Asked { get; private set; }

    public void Connect(EmulatedStream stream) => _waiting.Enqueue(stream);

    public AcceptResult TryAccept(out IStreamSocket? stream, out TransportAddress remote)
    {
        Asked++;
        if (IsExhausted)
        {
            (stream, remote) = (null, default);
            return AcceptResult.Exhausted;
        }

        bool isThere = _waiting.TryDequeue(out EmulatedStream? next);
        stream = next;
        remote = next?.Remote ?? default;
        return isThere ? AcceptResult.Accepted : AcceptResult.None;
    }

    public void Dispose()
    {
        // Holds nothing.
    }
}
