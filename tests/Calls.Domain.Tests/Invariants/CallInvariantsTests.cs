using System.Collections.Immutable;
using Calls.Domain.Invariants;

namespace Calls.Domain.Tests.Invariants;

public sealed class CallInvariantsTests
{
    private const long Now = 1_000_000;
    private static readonly UserId Alice = new("alice");
    private static readonly UserId Bob = new("bob");
    private static readonly UserId Bot = new("bot");
    private static readonly SessionId A = new("a1");

    private static CallSession Session { get; } = new() { Id = A, User = Alice, JoinedAt = 20, Connection = new ConnectionId("a1") };

    private static CallState Sound { get; } = new()
    {
        Id = new CallId("call"),
        Channel = new ChannelId("channel"),
        Owner = Alice,
        StartAt = 10,
        Host = Alice,
        Participants = [Alice],
        Sessions = Of(Session),
    };

    /// <summary>A state that breaks the invariant, and nothing else.</summary>
    public static TheoryData<CallInvariant, CallState> Broken => new()
    {
        { CallInvariant.CallHasSession, Sound with { Sessions = [], Host = null } },
        { CallInvariant.EndedCallIsEmpty, Sound with { EndAt = 30 } },
        { CallInvariant.EndedCallIsEmpty, Sound with { EndAt = 30, Sessions = [] } },
        { CallInvariant.HostInCall, Sound with { Host = Bob } },
        { CallInvariant.HostInCall, Sound with { Host = null } },
        { CallInvariant.SharerInCall, Sound with { ScreenSharer = new SessionId("gone") } },
        { CallInvariant.VideoOfSession, Sound with { VideoStartAt = ImmutableDictionary<SessionId, long>.Empty.Add(A, 1) } },
        { CallInvariant.VideoOfSession, Sound with { VideoStartAt = ImmutableDictionary<SessionId, long>.Empty.Add(new SessionId("gone"), 1) } },
        { CallInvariant.VideoOfSession, Sound with { Sessions = Of(Session with { HasVideo = true }) } },
        { CallInvariant.ParticipantRecorded, Sound with { Participants = [] } },
        { CallInvariant.SessionWithinCall, Sound with { Sessions = Of(Session with { JoinedAt = 9 }) } },
        { CallInvariant.OneSessionPerConnection, Sound with { Sessions = Of(Session, Session with { Id = new SessionId("a2") }) } },
        { CallInvariant.LostMediaExpires, Sound with { Sessions = Of(Session with { IsMediaLost = true, SocketDownAt = 1 }) } },
        { CallInvariant.LostSocketExpires, Sound with { Sessions = Of(Session with { SocketDownAt = Now - 61_000 }) } },
    };

    public static TheoryData<CallState> Allowed => new()
    {
        Sound,
        Sound with { Sessions = [], Host = Alice, Phase = CallPhase.Lost, LostAt = 5 },
        Sound with { Sessions = [], Host = null, EndAt = 30, Phase = CallPhase.Ending },
        Sound with { Phase = CallPhase.Lost, LostAt = 5, Sessions = Of(Session with { IsMediaLost = true, SocketDownAt = 1 }) },
        Sound with { Sessions = Of(Session with { SocketDownAt = Now - 35_000 }) },
        Sound with { ScreenSharer = A, VideoStartAt = ImmutableDictionary<SessionId, long>.Empty.Add(A, 1), Sessions = Of(Session with { HasVideo = true }) },
        Sound with { Host = null, Sessions = Of(Session with { User = Bot }) },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_does_not_hold_is_found(CallInvariant invariant, CallState call) =>
        Assert.Equal([invariant], CallInvariants.Of(call, Bot, Now).Select(violation => violation.Invariant).Distinct());

    [Theory]
    [MemberData(nameof(Allowed))]
    public void What_may_be_is_not_reported(CallState call) => Assert.Empty(CallInvariants.Of(call, Bot, Now));

    [Fact]
    public void A_channel_has_one_call() => Assert.Equal(
        [new CallViolation(CallInvariant.OneCallPerChannel, Sound.Channel)],
        CallInvariants.OfAll([Sound, Sound with { Id = new CallId("another") }, Sound with { Channel = new ChannelId("elsewhere") }]));

    private static ImmutableDictionary<SessionId, CallSession> Of(params CallSession[] sessions) => sessions.ToImmutableDictionary(session => session.Id);
}
