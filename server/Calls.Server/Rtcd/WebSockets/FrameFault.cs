namespace Calls.Server.Rtcd.WebSockets;

/// <summary>Why a connection has to end, with the close code that says so (RFC 6455, section 7.4.1).</summary>
internal enum FrameFault
{
    None = 0,

    /// <summary>Unmasked, reserved bits, a fragmented control frame, a continuation of nothing.</summary>
    Protocol = 1002,

    /// <summary>Longer than is taken.</summary>
    TooBig = 1009,

    /// <summary>The peer is gone, in the middle of a frame or between two.</summary>
    EndOfStream = -1,
}
