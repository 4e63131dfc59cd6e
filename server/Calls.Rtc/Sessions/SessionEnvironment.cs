using Calls.Rtc.Dtls;
using Calls.Rtc.Ice;
using Calls.Rtc.Sdp;

namespace Calls.Rtc.Sessions;

/// <summary>What a new session gets from its server.</summary>
/// <param name="Dtls">Certificate and options, shared by the sessions of a day (DEV-5).</param>
/// <param name="Candidates">Where we can be reached, best first.</param>
/// <param name="OriginSessionId">For the <c>o=</c> line; random, below 2^63.</param>
/// <param name="DtlsActive">Take the client role when the client leaves it to us.</param>
internal sealed record SessionEnvironment(
    DtlsContext Dtls,
    IReadOnlyList<IceCandidate> Candidates,
    ulong OriginSessionId,
    bool DtlsActive)
{
    /// <summary>What is agreed to with clients.</summary>
    public SupportedCodecs Codecs { get; init; } = SupportedCodecs.WithRtxAndRed;

    /// <summary>Packets of each video stream kept for retransmission.</summary>
    public int NackHistory { get; init; } = NackBufferSize.Default;
}
