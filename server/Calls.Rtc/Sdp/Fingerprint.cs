namespace Calls.Rtc.Sdp;

/// <summary>A certificate fingerprint (RFC 8122, section 5).</summary>
/// <param name="HashFunction">Lower case, for example <c>sha-256</c>.</param>
/// <param name="Value">Hexadecimal bytes joined by colons, upper case.</param>
public readonly record struct Fingerprint(string HashFunction, string Value)
{
    public override string ToString() => $"{HashFunction} {Value}";

    /// <summary>Parses <c>sha-256 AA:BB:...</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Fingerprint fingerprint)
    {
        fingerprint = default;
        int space = text.IndexOf(' ');
        if (space <= 0 || space > SdpLimits.MaxTokenLength)
        {
            return false;
        }

        ReadOnlySpan<char> value = text[(space + 1)..].Trim(' ');
        if (value.Length is < 2 or > 64 * 3 || value.Length % 3 != 2)
        {
            return false;
        }

        for (int i = 0; i < value.Length; i++)
        {
            if (i % 3 == 2 ? value[i] != ':' : !char.IsAsciiHexDigit(value[i]))
            {
                return false;
            }
        }

        fingerprint = new(text[..space].ToString().ToLowerInvariant(), value.ToString().ToUpperInvariant());
        return true;
    }
}
