using Calls.Rtc;
using Calls.Rtcd.Protocol;
using Calls.Server.Rtcd.WebSockets;

namespace Calls.Server.Rtcd.Sessions;

/// <summary>A session and the connection that its messages go to.</summary>
internal sealed class RtcdSession(RtcSessionConfig config, JoinMessage join, RtcdConnection connection)
{
    private RtcdConnection _connection = connection;

    public RtcSessionConfig Config { get; } = config;

    /// <summary>As it arrived, for those who ask.</summary>
    public JoinMessage Join { get; } = join;

    public RtcdConnection Connection
    {
        get => Volatile.Read(ref _connection);
        set => Volatile.Write(ref _connection, value);
    }
}
