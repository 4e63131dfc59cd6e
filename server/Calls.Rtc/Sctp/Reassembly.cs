namespace Calls.Rtc.Sctp;

/// <summary>What a DATA chunk did to the message it belongs to.</summary>
internal enum Reassembly
{
    /// <summary>More fragments have to come.</summary>
    Incomplete,

    Complete,

    /// <summary>The rest of a message whose beginning was given up by its sender: dropped.</summary>
    Abandoned,

    /// <summary>Fragments do not fit each other.</summary>
    Inconsistent,

    TooLong,
}
