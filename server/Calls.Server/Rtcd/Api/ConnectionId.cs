using System.Security.Cryptography;

namespace Calls.Server.Rtcd.Api;

/// <summary>Ids of connections: 26 characters of z-base-32 (rtcd.md 4.1).</summary>
internal static class ConnectionId
{
    private const string Alphabet = "ybndrfg8ejkmcpqxot1uwisza345h769";
    private const int Length = 26;

    public static string New() => RandomNumberGenerator.GetString(Alphabet, Length);
}
