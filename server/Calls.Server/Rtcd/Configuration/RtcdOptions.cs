using System.Net;

namespace Calls.Server.Rtcd.Configuration;

/// <summary>rtcd's settings under its own names, with its defaults (rtcd.md 11).</summary>
internal sealed record RtcdOptions
{
    /// <summary><c>host:port</c>; an empty host is every address.</summary>
    public string ListenAddress { get; init; } = ":8045";

    public bool TlsEnable { get; init; }

    /// <summary>PEM file.</summary>
    public string TlsCertFile { get; init; } = "";

    /// <summary>PEM file.</summary>
    public string TlsCertKey { get; init; } = "";

    public bool EnableAdmin { get; init; }

    /// <summary>Secret.</summary>
    public string AdminSecretKey { get; init; } = "";

    public bool AllowSelfRegistration { get; init; }

    public int SessionExpirationMinutes { get; init; } = 1440;

    public IReadOnlyList<IPAddress> IceAddressUdp { get; init; } = [];

    public int IcePortUdp { get; init; } = 8443;

    public IReadOnlyList<IPAddress> IceAddressTcp { get; init; } = [];

    public int IcePortTcp { get; init; } = 8443;

    public string IceHostOverride { get; init; } = "";

    /// <summary>A port, or a list <c>address/port</c>.</summary>
    public string IceHostPortOverride { get; init; } = "";

    public IReadOnlyList<RtcdIceServer> IceServers { get; init; } = [];

    /// <summary>Secret.</summary>
    public string TurnStaticAuthSecret { get; init; } = "";

    public int TurnCredentialsExpirationMinutes { get; init; } = 1440;

    public bool EnableIPv6 { get; init; }

    /// <summary>An upper bound of our loops: each has one socket per local address.</summary>
    public int UdpSocketsCount { get; init; } = 100 * Environment.ProcessorCount;

    public int NackBufferSize { get; init; } = 256;

    public bool NackDisableCopy { get; init; } = true;

    /// <summary>Directory.</summary>
    public string StoreDataSource { get; init; } = "/tmp/rtcd_db";

    public bool EnableConsole { get; init; } = true;

    public bool ConsoleJson { get; init; }

    public string ConsoleLevel { get; init; } = "INFO";

    public bool EnableFile { get; init; } = true;

    public bool FileJson { get; init; } = true;

    public string FileLevel { get; init; } = "DEBUG";

    public string FileLocation { get; init; } = "rtcd.log";

    public bool EnableColor { get; init; }

    /// <summary>Ours: how long a stop waits for sessions to end; <c>null</c> = as long as it takes.</summary>
    public TimeSpan? DrainTimeout { get; init; }

    /// <summary>Never shows a secret.</summary>
    public override string ToString() => nameof(RtcdOptions);
}
