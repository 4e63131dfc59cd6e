using System.Security.Cryptography;

namespace Calls.Domain;

/// <summary>Ids as Mattermost makes them: 26 characters of z-base-32 over 16 random bytes (rest-api.md 1.2).</summary>
public static class RandomId
{
    private const string Alphabet = "ybndrfg8ejkmcpqxot1uwisza345h769";
    private const int Length = 26;

    public static string Next()
    {
        // 26 characters carry 130 bits; the two beyond the 16 bytes are zero.
        Span<byte> random = stackalloc byte[17];
        RandomNumberGenerator.Fill(random[..16]);
        random[16] = 0;

        Span<char> id = stackalloc char[Length];
        for (int i = 0; i < Length; i++)
        {
            int bit = i * 5;
            int window = (random[bit / 8] << 8) | random[(bit / 8) + 1];
            id[i] = Alphabet[(window >> (11 - (bit % 8))) & 31];
        }

        return new string(id);
    }

    /// <summary>True for exactly 26 characters of [a-z0-9].</summary>
    public static bool IsValid(ReadOnlySpan<char> id)
    {
        if (id.Length != Length)
        {
            return false;
        }

        foreach (char c in id)
        {
            if (c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9')))
            {
                return false;
            }
        }

        return true;
    }
}
