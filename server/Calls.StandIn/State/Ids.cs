using System.Security.Cryptography;

namespace Calls.StandIn.State;

/// <summary>Mattermost identifiers: 26 characters, 128 random bits in z-base-32.</summary>
internal static class Ids
{
    public const int Length = 26;

    private const string Alphabet = "ybndrfg8ejkmcpqxot1uwisza345h769";

    public static string New() => RandomNumberGenerator.GetString(Alphabet, Length);

    /// <summary>Mattermost accepts any 26 letters or digits, not only its own alphabet.</summary>
    public static bool IsValid(string? id)
    {
        if (id is null || id.Length != Length)
        {
            return false;
        }

        foreach (char c in id)
        {
            if (!char.IsLetterOrDigit(c))
            {
                return false;
            }
        }

        return true;
    }
}
