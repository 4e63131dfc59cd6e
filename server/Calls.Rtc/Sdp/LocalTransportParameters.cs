namespace Calls.Rtc.Sdp;

/// <summary>What our descriptions say of our transport.</summary>
public sealed record LocalTransportParameters
{
    public required IceCredentials Credentials { get; init; }

    public required Fingerprint Fingerprint { get; init; }

    /// <summary>Session id of the <c>o=</c> line, below 2^63 (RFC 8829, section 5.2.1).</summary>
    public required ulong OriginSessionId { get; init; }

    /// <summary>Version of the first description; each later one adds 1.</summary>
    public ulong OriginVersion { get; init; } = 1;

    /// <summary>Role chosen when the client leaves it to us: <see cref="DtlsSetup.Passive"/> or <see cref="DtlsSetup.Active"/> (DEV-19).</summary>
    public DtlsSetup PreferredSetup { get; init; } = DtlsSetup.Passive;

    /// <summary>Values from <c>candidate:</c> on, as media.md 1.7 writes them.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];

    /// <summary>For example <c>trickle</c>; <c>null</c> leaves the line out.</summary>
    public string? IceOptions { get; init; }

    public bool IsIceLite { get; init; } = true;

    public ushort SctpPort { get; init; } = 5000;

    /// <summary>Largest data channel message we accept, in bytes.</summary>
    public uint MaxMessageSize { get; init; } = 262_144;

    /// <summary>Draws credentials when the client restarts ICE; without it ours stay as they are.</summary>
    public Func<IceCredentials>? DrawCredentials { get; init; }
}
