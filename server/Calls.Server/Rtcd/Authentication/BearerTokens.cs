using System.Security.Cryptography;

namespace Calls.Server.Rtcd.Authentication;

/// <summary>Tokens that stand for a client's key: one per client, in memory only, valid for a fixed time (rtcd.md 3).</summary>
internal sealed class BearerTokens(TimeProvider time, TimeSpan life)
{
    private const int TokenBytes = 24;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string Token, DateTimeOffset EndsAt)> _byClient = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _clients = new(StringComparer.Ordinal);

    /// <summary>A new token of 32 characters; the former one of that client ends.</summary>
    public string Issue(string clientId)
    {
        string token = Convert.ToBase64String(RandomNumberGenerator.GetBytes(TokenBytes)).Replace('+', '-').Replace('/', '_');
        lock (_gate)
        {
            RemoveUnderLock(clientId);
            _byClient[clientId] = (token, time.GetUtcNow() + life);
            _clients[token] = clientId;
            return token;
        }
    }

    /// <summary>Whose token it is, or why it is nobody's, in the reference's words.</summary>
    public (string? ClientId, string? Fault) Check(string token)
    {
        lock (_gate)
        {
            if (!_clients.TryGetValue(token, out string? clientId))
            {
                return (null, "token is invalid");
            }

            if (time.GetUtcNow() >= _byClient[clientId].EndsAt)
            {
                RemoveUnderLock(clientId);
                return (null, "session is expired");
            }

            return (clientId, null);
        }
    }

    public void Remove(string clientId)
    {
        lock (_gate)
        {
            RemoveUnderLock(clientId);
        }
    }

    private void RemoveUnderLock(string clientId)
    {
        if (_byClient.Remove(clientId, out (string Token, DateTimeOffset EndsAt) former))
        {
            _clients.Remove(former.Token);
        }
    }
}
