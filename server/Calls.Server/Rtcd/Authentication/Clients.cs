using System.Security.Cryptography;
using System.Text;
using Calls.Server.Rtcd.Configuration;
using BCryptHash = BCrypt.Net.BCrypt;

namespace Calls.Server.Rtcd.Authentication;

/// <summary>Registered clients: who they are, and who may change that (rtcd.md 2.2 to 2.4, 3). Faults are the reference's texts.</summary>
internal sealed class Clients(RtcdOptions options, KeyStore store, BearerTokens tokens, HashLimiter limiter)
{
    private const int MinKeyBytes = 32;
    private const int MaxKeyBytes = 72; // what bcrypt takes in
    private const int MaxIdBytes = 256; // plugins use 26
    private const int Cost = 10;
    private const string LimiterFault = "rate: Wait(n=1) would exceed context deadline";
    private const string Failed = "authentication failed";
    private const string EmptyId = "error: empty key";

    public bool AllowsSelfRegistration => options.AllowSelfRegistration;

    public bool AllowsUnregistration => options.EnableAdmin || options.AllowSelfRegistration;

    /// <summary>Reads the header of a request. Nothing else is looked at: no query, no cookie.</summary>
    /// <param name="header"><c>null</c> = none.</param>
    /// <returns>The caller, or the fault.</returns>
    public async Task<(Caller? Caller, string Fault)> AuthenticateAsync(string? header, CancellationToken cancellation)
    {
        // Case counts here, and only here (rtcd.md 3).
        if (header is not null && header.StartsWith("Bearer ", StringComparison.Ordinal))
        {
            (string? owner, string? fault) = tokens.Check(header["Bearer ".Length..]);
            return owner is null ? (null, $"{Failed}: {fault}") : (new(owner, IsAdmin: false), "");
        }

        if (!BasicCredentials.TryParse(header, out string user, out string key))
        {
            return (null, $"{Failed}: invalid auth header");
        }

        if (options.EnableAdmin && IsAdminKey(key))
        {
            return (new("", IsAdmin: true), "");
        }

        if (user.Length == 0)
        {
            return (null, $"{Failed}: unauthorized");
        }

        string? problem = await CheckKeyAsync(user, key, cancellation);
        return problem is null ? (new(user, IsAdmin: false), "") : (null, problem == LimiterFault ? $"{Failed}: {problem}" : Failed);
    }

    /// <returns>The fault; <c>null</c> = registered.</returns>
    public async Task<string?> RegisterAsync(string clientId, string key, CancellationToken cancellation)
    {
        int keyBytes = Encoding.UTF8.GetByteCount(key);
        if (keyBytes < MinKeyBytes)
        {
            return "registration failed: key not long enough";
        }

        if (clientId.Length == 0)
        {
            return $"registration failed: {EmptyId}";
        }

        if (Encoding.UTF8.GetByteCount(clientId) > MaxIdBytes)
        {
            return "registration failed: error: key too large";
        }

        if (store.Find(clientId) is not null)
        {
            return "registration failed: already registered";
        }

        if (keyBytes > MaxKeyBytes)
        {
            return "registration failed: bcrypt: password length exceeds 72 bytes";
        }

        if (!await limiter.TryWaitAsync(cancellation))
        {
            return $"registration failed: {LimiterFault}";
        }

        string hash = await Task.Run(() => BCryptHash.HashPassword(key, Cost), cancellation);
        return store.TryAdd(clientId, hash) ? null
            : store.Find(clientId) is not null ? "registration failed: already registered"
            : "registration failed: too many clients";
    }

    /// <returns>The token, or the fault.</returns>
    public async Task<(string? Token, string Fault)> LogInAsync(string clientId, string key, CancellationToken cancellation)
    {
        string? problem = clientId.Length == 0 ? EmptyId : await CheckKeyAsync(clientId, key, cancellation);
        return problem switch
        {
            null => (tokens.Issue(clientId), ""),
            "" => (null, $"login failed: {Failed}"),
            _ => (null, $"login failed: {Failed}: {problem}"),
        };
    }

    /// <returns>The fault; <c>null</c> = done. Connections and sessions are not touched.</returns>
    public string? Unregister(string clientId)
    {
        if (!store.TryRemove(clientId))
        {
            return "unregister failed: error: not found";
        }

        tokens.Remove(clientId);
        return null;
    }

    /// <returns><c>null</c> = the key is right, empty = it is not, else what was in the way.</returns>
    private async Task<string?> CheckKeyAsync(string clientId, string key, CancellationToken cancellation)
    {
        // Before the limiter: who is not known costs nothing.
        if (store.Find(clientId) is not { } hash)
        {
            return "error: not found";
        }

        if (!await limiter.TryWaitAsync(cancellation))
        {
            return LimiterFault;
        }

        return Encoding.UTF8.GetByteCount(key) <= MaxKeyBytes && await Task.Run(() => BCryptHash.Verify(key, hash), cancellation) ? null : "";
    }

    private bool IsAdminKey(string key) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(key)), SHA256.HashData(Encoding.UTF8.GetBytes(options.AdminSecretKey)));
}
