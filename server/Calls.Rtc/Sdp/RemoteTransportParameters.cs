namespace Calls.Rtc.Sdp;

/// <summary>What the peer's descriptions say of its transport. Set by the first negotiation; later only ICE credentials may change (media.md N8).</summary>
/// <param name="Setup">The DTLS role the peer takes: <see cref="DtlsSetup.Active"/> is client, <see cref="DtlsSetup.Passive"/> server.</param>
/// <param name="SctpPort"><c>null</c> when no data channel was negotiated.</param>
/// <param name="MaxMessageSize">Largest data channel message the peer accepts, in bytes.</param>
/// <param name="IceGeneration">Rises by 1 with each ICE restart.</param>
public sealed record RemoteTransportParameters(
    IceCredentials Credentials,
    IReadOnlyList<Fingerprint> Fingerprints,
    DtlsSetup Setup,
    ushort? SctpPort,
    int MaxMessageSize,
    int IceGeneration)
{
    /// <summary>Assumed when the attribute is missing (RFC 8841, section 6.1).</summary>
    public const int DefaultMaxMessageSize = 65_536;

    public static int ReadMaxMessageSize(ulong? attribute) => attribute switch
    {
        null => DefaultMaxMessageSize,
        0 or > int.MaxValue => int.MaxValue, // 0 is "any size"
        _ => (int)attribute,
    };
}
