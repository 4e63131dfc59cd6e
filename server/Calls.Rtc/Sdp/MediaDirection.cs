namespace Calls.Rtc.Sdp;

/// <summary>Direction of an m-section, seen by the side that wrote it (RFC 8866, section 6.7).</summary>
public readonly record struct MediaDirection(bool Sends, bool Receives)
{
    public static readonly MediaDirection SendRecv = new(true, true);
    public static readonly MediaDirection SendOnly = new(true, false);
    public static readonly MediaDirection RecvOnly = new(false, true);
    public static readonly MediaDirection Inactive = new(false, false);

    /// <summary>The same direction seen by the other side.</summary>
    public MediaDirection Reversed => new(Receives, Sends);

    public static bool TryParse(ReadOnlySpan<char> text, out MediaDirection direction)
    {
        switch (text)
        {
            case "sendrecv":
                direction = SendRecv;
                return true;
            case "sendonly":
                direction = SendOnly;
                return true;
            case "recvonly":
                direction = RecvOnly;
                return true;
            case "inactive":
                direction = Inactive;
                return true;
            default:
                direction = default;
                return false;
        }
    }

    public override string ToString() => (Sends, Receives) switch
    {
        (true, true) => "sendrecv",
        (true, false) => "sendonly",
        (false, true) => "recvonly",
        _ => "inactive",
    };
}
