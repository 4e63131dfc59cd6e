using Calls.Server.Rtcd.Sessions;

namespace Calls.Server.Rtcd.Api;

/// <summary>A session as <c>GET /calls/{call}/sessions</c> shows it, with the capitals of rtcd (rtcd.md 2.5).</summary>
internal sealed record SessionView(string GroupID, string CallID, string UserID, string SessionID, IReadOnlyDictionary<string, object?> Props)
{
    public static SessionView Of(RtcdSession session) => new(
        session.Config.GroupId,
        session.Config.CallId,
        session.Config.UserId,
        session.Config.SessionId,
        new SortedDictionary<string, object?>(StringComparer.Ordinal)
        {
            ["av1Support"] = session.Join.Av1Support,
            ["channelID"] = session.Join.ChannelId,
            ["dcSignaling"] = session.Join.DcSignaling,
        });
}
