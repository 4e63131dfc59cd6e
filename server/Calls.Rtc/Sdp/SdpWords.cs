using System.Globalization;

namespace Calls.Rtc.Sdp;

/// <summary>Splits the value of a line at blanks.</summary>
internal ref struct SdpWords(ReadOnlySpan<char> text)
{
    /// <summary>What was not read yet, without leading blanks.</summary>
    public ReadOnlySpan<char> Rest { get; private set; } = text.Trim(' ');

    /// <summary>The next word, empty at the end.</summary>
    public ReadOnlySpan<char> Next()
    {
        int end = Rest.IndexOf(' ');
        ReadOnlySpan<char> word = end < 0 ? Rest : Rest[..end];
        Rest = end < 0 ? default : Rest[end..].TrimStart(' ');
        return word;
    }

    public bool TryNextNumber(out ulong number) => TryParse(Next(), out number);

    /// <summary>Decimal digits only: no sign, no blanks.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
