using System.Diagnostics.CodeAnalysis;

namespace Calls.Rtc.Srtp;

/// <summary>The master keys and salts of both directions, as exported from DTLS (RFC 5764 4.2).</summary>
/// <remarks>Dispose it once the contexts are made: they keep derived keys only.</remarks>
public sealed class SrtpKeyingMaterial : IDisposable
{
    private const int KeyLength = 16;

    private readonly SecretMemory _exported;

    private SrtpKeyingMaterial(SrtpProfile profile, ReadOnlySpan<byte> exported)
    {
        Profile = profile;
        _exported = new SecretMemory(exported.Length);
        exported.CopyTo(_exported.Span);
    }

    public SrtpProfile Profile { get; }

    /// <summary>Takes over what the DTLS exporter gave: client key, server key, client salt, server salt.</summary>
    /// <param name="profileId">IANA number of the negotiated profile.</param>
    /// <param name="exported"><see cref="ExportedLength"/> bytes. Copied; the caller clears its own copy.</param>
    /// <returns><c>false</c> if the profile is not supported or the length is not that of the profile.</returns>
    public static bool TryCreate(
        ushort profileId, ReadOnlySpan<byte> exported, [NotNullWhen(true)] out SrtpKeyingMaterial? material)
    {
        var profile = (SrtpProfile)profileId;
        material = exported.Length != 0 && exported.Length == ExportedLength(profile) ? new SrtpKeyingMaterial(profile, exported) : null;
        return material is not null;
    }

    /// <summary>Bytes to export for a profile: 60 or 56; 0 if it is not supported.</summary>
    public static int ExportedLength(SrtpProfile profile) =>
        profile switch
        {
            SrtpProfile.Aes128CmHmacSha1_80 => 60,
            SrtpProfile.AeadAes128Gcm => 56,
            _ => 0,
        };

    /// <summary>The context that protects what the given side sends.</summary>
    public SrtpOutbound CreateOutbound(SrtpSide us) => new(CreateTransform(us, Ciphers.Default));

    /// <summary>The context that unprotects what the other side sends.</summary>
    public SrtpInbound CreateInbound(SrtpSide us) => new(CreateTransform(Peer(us), Ciphers.Default));

    public void Dispose() => _exported.Dispose();

    internal SrtpTransform CreateTransform(SrtpSide sender, CipherImplementation implementation)
    {
        int saltLength = ExportedLength(Profile) / 2 - KeyLength;
        int half = sender == SrtpSide.DtlsClient ? 0 : 1;

        return SrtpTransform.Create(
            Profile,
            _exported.Span.Slice(half * KeyLength, KeyLength),
            _exported.Span.Slice(2 * KeyLength + half * saltLength, saltLength),
            implementation);
    }

    private static SrtpSide Peer(SrtpSide side) => side == SrtpSide.DtlsClient ? SrtpSide.DtlsServer : SrtpSide.DtlsClient;
}
