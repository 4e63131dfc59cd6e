namespace Calls.Rtc.Transport;

/// <summary>A peer's TCP connection. It ends with the connection: a peer that connects anew gets a new one.</summary>
public sealed class TcpPath : TransportPath
{
    internal TcpPath(TcpConnection connection, MediaLoop loop)
    {
        Connection = connection;
        Loop = loop;
    }

    public override TransportAddress Remote => Connection.Remote;

    public override int LocalIndex => Connection.LocalIndex;

    public override MediaLoop Loop { get; }

    internal TcpConnection Connection { get; }
}
