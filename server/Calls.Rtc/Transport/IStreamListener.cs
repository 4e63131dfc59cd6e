namespace Calls.Rtc.Transport;

/// <summary>One local address that peers connect to.</summary>
internal interface IStreamListener : IPollable, IDisposable
{
    /// <summary>The next connection that waits.</summary>
    AcceptResult TryAccept(out IStreamSocket? stream, out TransportAddress remote);
}
