using System.Net;
using Calls.Rtc.Sessions;

namespace Calls.Rtc;

/// <summary>How the media server is set up (media.md 1.1).</summary>
public sealed record RtcServerOptions
{
    /// <summary>Local addresses to listen on; empty = every address of every interface that is up.</summary>
    public IReadOnlyList<IPAddress> ListenAddresses { get; init; } = [];

    /// <summary>UDP port of all media; 0 = a free one (tests).</summary>
    public int UdpPort { get; init; } = 8443;

    public bool EnableIPv6 { get; init; }

    /// <summary>Address, host name or <c>external/internal</c> pairs advertised instead of local addresses (media.md 1.6).</summary>
    public string IceHostOverride { get; init; } = "";

    /// <summary>Port advertised instead of <see cref="UdpPort"/>.</summary>
    public int? IceHostPortOverride { get; init; }

    /// <summary>Answer <c>a=setup:active</c>: the client is then the DTLS server and chooses the SRTP profile (media.md 2.1).</summary>
    public bool DtlsActive { get; init; }

    /// <summary>Media loops; <c>null</c> = one per core, one less on machines with more than four.</summary>
    public int? Loops { get; init; }

    /// <summary>Called with one line of text for the operator. Never contains secrets or anything a client sent.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>Takes what is measured; <c>null</c> = nothing is.</summary>
    public IRtcMeasurements? Measurements { get; init; }

    /// <summary>Set by tests that run a server without sockets and threads.</summary>
    internal RtcServerDriver? Driver { get; init; }
}
