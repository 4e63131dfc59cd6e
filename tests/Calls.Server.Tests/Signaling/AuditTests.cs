using Calls.Domain;
using Calls.Domain.Invariants;
using Calls.Domain.Ports;
using Calls.Server.Observability.Metrics;

namespace Calls.Server.Tests.Signaling;

/// <summary>What a running service notices of calls that are not as they must be.</summary>
public sealed class AuditTests
{
    [Fact]
    public async Task A_sound_call_is_sampled_and_nothing_is_found()
    {
        await using CallsHarness calls = await JoinedAsync();

        await SampleTwiceAsync(calls);

        CallsMetrics metrics = calls.Get<CallsMetrics>();
        Assert.True(metrics.InvariantChecks.With().Value > 0);
        Assert.Empty(await calls.Get<CallAudit>().CheckAllAsync(default));
        Assert.All(Enum.GetNames<CallInvariant>(), name => Assert.Equal(0, metrics.InvariantViolations.With(name).Value));
    }

    [Fact]
    public async Task A_ghost_in_the_store_is_counted_once_it_stays()
    {
        await using CallsHarness calls = await JoinedAsync();
        CallState call = (await calls.CallAsync())!;
        CallSession ghost = call.Sessions.Values.First() with { Id = new SessionId("ghost"), Connection = new ConnectionId("ghost") };
        await using (ICallTransaction transaction = await calls.Store.BeginAsync(call.Channel, TimeSpan.FromSeconds(5), default))
        {
            await transaction.SaveAsync(call, call with { Sessions = call.Sessions.Add(ghost.Id, ghost) }, default);
            await transaction.CommitAsync(default);
        }

        Assert.Equal(
            [new CallViolation(CallInvariant.SessionHasTransport, call.Channel, ghost.Id)], await calls.Get<CallAudit>().CheckAllAsync(default));
        await SampleTwiceAsync(calls);

        Assert.Equal(1, calls.Get<CallsMetrics>().InvariantViolations.With("SessionHasTransport").Value);
    }

    [Fact]
    public async Task A_transport_without_a_session_is_found()
    {
        await using CallsHarness calls = await JoinedAsync();
        CallState call = (await calls.CallAsync())!;
        await using (ICallTransaction transaction = await calls.Store.BeginAsync(call.Channel, TimeSpan.FromSeconds(5), default))
        {
            await transaction.DiscardAsync(call.Id, default);
            await transaction.CommitAsync(default);
        }

        Assert.Equal(
            [new CallViolation(CallInvariant.TransportHasSession, call.Channel, new SessionId("a1"))],
            await calls.Get<CallAudit>().CheckAllAsync(default));
    }

    [Fact]
    public async Task A_session_without_media_is_found()
    {
        await using CallsHarness calls = await JoinedAsync();
        calls.Media.Silence.TryRemove(new SessionId("a1"), out _);

        Assert.Equal(
            [new CallViolation(CallInvariant.SessionHasMedia, calls.Channel, new SessionId("a1"))],
            await calls.Get<CallAudit>().CheckAllAsync(default));
    }

    private static async Task<CallsHarness> JoinedAsync()
    {
        CallsHarness calls = await CallsHarness.StartAsync();
        await calls.JoinedAsync(CallsHarness.Alice, "a1");
        calls.Media.Silence[new SessionId("a1")] = TimeSpan.Zero;
        return calls;
    }

    private static async Task SampleTwiceAsync(CallsHarness calls)
    {
        await calls.AdvanceAsync(CallAudit.Period);
        await calls.AdvanceAsync(TimeSpan.FromSeconds(15));
    }
}
