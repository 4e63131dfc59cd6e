namespace Calls.Rtc;

/// <summary>What metrics call the kinds of failure (media.md 6.5).</summary>
public static class RtcErrorTypeName
{
    /// <summary>The value of the label <c>type</c>.</summary>
    public static string Of(RtcErrorType type) => type switch
    {
        RtcErrorType.Signaling => "signaling",
        RtcErrorType.Ice => "ice",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No such kind of failure."),
    };
}
