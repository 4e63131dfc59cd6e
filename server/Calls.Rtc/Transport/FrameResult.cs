namespace Calls.Rtc.Transport;

/// <summary>What <see cref="FrameReader.TryRead"/> found.</summary>
internal enum FrameResult
{
    /// <summary>All bytes are read, and the packet goes on in those that have not come yet.</summary>
    Incomplete,

    Packet,

    /// <summary>A packet that is too long for us has ended.</summary>
    Skipped,

    /// <summary>The length is beyond what is allowed: the rest of the stream means nothing.</summary>
    Violation,
}
