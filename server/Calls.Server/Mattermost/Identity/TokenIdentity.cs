using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Mattermost.Identity;

/// <summary>Whose a token is, by asking Mattermost with it (mattermost-integration.md 9.2, 9.3). Thread-safe.</summary>
/// <remarks>Keys are hashes: the token itself is never stored here. One question per token is under way at a time.</remarks>
internal sealed class TokenIdentity(MattermostClient rest, GatewayOptions options, TimeProvider time) : ITokenIdentity
{
    public const int Capacity = 50_000;

    private readonly ExpiringCache<string, TokenIdentityAnswer> _known = new(Capacity, time);
    private readonly ConcurrentDictionary<string, Task<TokenIdentityAnswer>> _asking = new();

    public async ValueTask<TokenIdentityAnswer> ResolveAsync(string token, CancellationToken cancellation) =>
        _known.TryGet(KeyOf(token), out TokenIdentityAnswer known) ? known : await RevalidateAsync(token, cancellation);

    public async ValueTask<TokenIdentityAnswer> RevalidateAsync(string token, CancellationToken cancellation)
    {
        string key = KeyOf(token);
        var started = new TaskCompletionSource<TokenIdentityAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<TokenIdentityAnswer> asked = _asking.GetOrAdd(key, started.Task);
        if (asked == started.Task)
        {
            _ = AskAndStoreAsync(key, token, started);
        }

        return await asked.WaitAsync(cancellation);
    }

    /// <summary>Forgets a token that its owner logged out.</summary>
    public void Forget(string token) => _known.Remove(KeyOf(token));

    /// <summary>Forgets every token of a user.</summary>
    public void ForgetAll() => _known.Clear();

    internal static string KeyOf(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private async Task AskAndStoreAsync(string key, string token, TaskCompletionSource<TokenIdentityAnswer> asked)
    {
        TokenIdentityAnswer answer = TokenIdentityAnswer.Unknown;
        try
        {
            answer = await AskAsync(token);
            if (answer.Result == IdentityResult.Valid)
            {
                _known.Set(key, answer, options.Timings.TokenLifetime);
            }
            else if (answer.Result == IdentityResult.Unauthenticated)
            {
                _known.Set(key, answer, options.Timings.InvalidTokenLifetime);
            }
        }
        finally
        {
            _asking.TryRemove(key, out _);
            asked.TrySetResult(answer);
        }
    }

    private async Task<TokenIdentityAnswer> AskAsync(string token)
    {
        try
        {
            // Never /users/me: it is exempt from the second factor and keeps idle sessions alive.
            RestAnswer status = await GetAsync("/users/me/status", token);
            if (status.IsNotFound && status.ErrorId == "api.status.user_not_found.app_error")
            {
                return await AskSessionsAsync(token);
            }

            return Read(status, status.Text("user_id"));
        }
        catch (ChatHostException)
        {
            return TokenIdentityAnswer.Unknown;
        }
    }

    // Statuses are switched off: valid all the same.
    private async Task<TokenIdentityAnswer> AskSessionsAsync(string token)
    {
        RestAnswer sessions = await GetAsync("/users/me/sessions", token);
        JsonElement first = sessions.Body.Items().FirstOrDefault();
        if (!sessions.IsSuccess || first.Text("user_id").Length > 0)
        {
            return Read(sessions, first.Text("user_id"));
        }

        RestAnswer user = await GetAsync("/users/me", token);
        return Read(user, user.Text("id"));
    }

    private Task<RestAnswer> GetAsync(string path, string token) =>
        rest.SendAsync(HttpMethod.Get, path, token, null, RestPriority.Token, isRepeatable: true, CancellationToken.None);

    private static TokenIdentityAnswer Read(RestAnswer answer, string user)
    {
        if (answer.IsSuccess && user.Length > 0)
        {
            return new TokenIdentityAnswer(IdentityResult.Valid, new UserId(user));
        }

        bool isRefused = answer.Status == HttpStatusCode.Unauthorized
            || (answer.Status == HttpStatusCode.Forbidden && answer.ErrorId == "api.context.mfa_required.app_error");
        return isRefused ? TokenIdentityAnswer.Unauthenticated : TokenIdentityAnswer.Unknown;
    }
}
