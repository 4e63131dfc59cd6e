using Calls.Domain;
using Calls.Server.Mattermost.Identity;

namespace Calls.Server.Mattermost.Relay;

/// <summary>Finds the record a client comes back to (mattermost-integration.md 3.6).</summary>
internal sealed class Resumption(RelayContext context)
{
    /// <summary>
    /// Reserves a record in the cases R1 and R3. Everything else is R2, for which Mattermost must not see what the client sent.
    /// </summary>
    /// <returns>The connection and the number with which to resume it at Mattermost; nothing for a fresh start.</returns>
    /// <remarks>The caller attaches a pair with <see cref="ConnectionInput.PairAttached"/>, or gives the record back.</remarks>
    public async Task<(RelayConnection? Connection, long Next)> ReserveAsync(ResumeQuery query, string? token, CancellationToken cancellation)
    {
        // Without a token Mattermost cannot resume either (signaling.md 1.4).
        if (query.Connection.Length == 0
            || query.Next <= 0
            || token is null
            || !context.Registry.TryFind(new ConnectionId(query.Connection), out RelayConnection? connection)
            || connection.User is not { } owner
            || !await OwnsAsync(connection, token, owner, cancellation))
        {
            return (null, 0);
        }

        var reserved = new TaskCompletionSource<Task?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!connection.Post(new ConnectionInput.ReserveRequested(owner, reserved)) || await reserved.Task is not { } upstreamEnded)
        {
            return (null, 0);
        }

        // Mattermost resumes only what it knows to be dead, so its side of the old socket should be closed first.
        await upstreamEnded.WaitAsync(context.Timings.UpstreamCloseWait, context.Time, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var planned = new TaskCompletionSource<long?>(TaskCreationOptions.RunContinuationsAsynchronously);
        return connection.Post(new ConnectionInput.PlanRequested(query.Next, planned)) && await planned.Task is { } next
            ? (connection, next)
            : (null, 0);
    }

    // Knowing an id must not be enough to end somebody's socket or to see his events (mattermost-integration.md 9.8).
    private async ValueTask<bool> OwnsAsync(RelayConnection connection, string token, UserId owner, CancellationToken cancellation)
    {
        if (connection.Knows(token))
        {
            return true;
        }

        TokenIdentityAnswer answer = await context.Tokens.ResolveAsync(token, cancellation);
        return answer.Result == IdentityResult.Valid && answer.User == owner;
    }
}
