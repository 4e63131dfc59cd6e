using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Calls.Server.Api;

/// <summary>Time-limited credentials for a TURN server (configuration.md 7.2).</summary>
internal sealed record TurnCredentials(string Username, string Credential)
{
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(7);

    /// <param name="problem">Why there are none, as the reference words it.</param>
    public static TurnCredentials? TryCreate(string username, string secret, TimeSpan life, DateTimeOffset now, out string problem)
    {
        problem = username.Length == 0 ? "username should not be empty"
            : secret.Length == 0 ? "secret should not be empty"
            : life > LongestLife ? "expirationTS cannot be more than a week into the future"
            : string.Empty;
        if (problem.Length > 0)
        {
            return null;
        }

        string limited = string.Create(CultureInfo.InvariantCulture, $"{(now + life).ToUnixTimeSeconds()}:{username}");

        // SHA-1 is what TURN servers check.
        byte[] mac = HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(limited));
        return new TurnCredentials(limited, Convert.ToBase64String(mac));
    }

    public override string ToString() => nameof(TurnCredentials);
}
