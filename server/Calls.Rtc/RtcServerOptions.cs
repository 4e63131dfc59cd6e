using System.Net;
using Calls.Rtc.Ice;
using Calls.Rtc.Sessions;
using Calls.Rtc.Transport;

namespace Calls.Rtc;

/// <summary>How the media server is set up (media.md 1.1).</summary>
public sealed record RtcServerOptions
{
    /// <summary>
    /// Local addresses to listen on with UDP (ICEAddressUDP); empty or a wildcard = every address of every interface that is up,
    /// except link-local ones and those of container networks.
    /// </summary>
    public IReadOnlyList<IPAddress> ListenAddresses { get; init; } = [];

    /// <summary>The same for TCP (ICEAddressTCP); empty = the addresses that UDP is served on.</summary>
    public IReadOnlyList<IPAddress> TcpListenAddresses { get; init; } = [];

    /// <summary>UDP port of all media; 0 = a free one (tests).</summary>
    public int UdpPort { get; init; } = 8443;

    /// <summary>TCP port of all media (RFC 6544, passive); 0 = a free one (tests), <c>null</c> = no TCP.</summary>
    public int? TcpPort { get; init; }

    /// <summary>What strangers can take of the TCP port.</summary>
    public TcpLimits TcpLimits { get; init; } = new();

    /// <summary>IPv6 addresses are served too, with sockets of their own beside the IPv4 ones.</summary>
    public bool EnableIPv6 { get; init; }

    /// <summary>Address, host name or <c>external/internal</c> pairs advertised instead of local addresses (media.md 1.6).</summary>
    public string IceHostOverride { get; init; } = "";

    /// <summary>Port advertised instead of <see cref="UdpPort"/> and <see cref="TcpPort"/>; a number, or one per node.</summary>
    public IceHostPortOverride? IceHostPortOverride { get; init; }

    /// <summary>URLs of ICE servers. Those with <c>stun:</c> are asked for our public addresses at the start, unless there is an override.</summary>
    public IReadOnlyList<string> IceServerUrls { get; init; } = [];

    /// <summary>Answer <c>a=setup:active</c>: the client is then the DTLS server and chooses the SRTP profile (media.md 2.1).</summary>
    public bool DtlsActive { get; init; }

    /// <summary>Packets of each video stream kept for retransmission: 0 for the default, or a power of two from 32 to 8192.</summary>
    public int NackBufferSize { get; init; }

    /// <summary>
    /// Agree to Opus that repeats each packet in the next one (RFC 2198): audio survives 10 to 20 % loss at twice its rate. Clients
    /// that did not ask for it get plain Opus.
    /// </summary>
    public bool AcceptRed { get; init; } = true;

    /// <summary>Media loops; <c>null</c> = one per core, one less on machines with more than four.</summary>
    public int? Loops { get; init; }

    /// <summary>Called with one line of text for the operator. Never contains secrets or anything a client sent.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>Takes what is measured; <c>null</c> = nothing is.</summary>
    public IRtcMeasurements? Measurements { get; init; }

    /// <summary>Set by tests that run a server without sockets and threads.</summary>
    internal RtcServerDriver? Driver { get; init; }
}
