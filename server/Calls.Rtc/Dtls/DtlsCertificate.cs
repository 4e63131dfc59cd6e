using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Calls.Rtc.Dtls;

/// <summary>A self-signed ECDSA P-256 certificate with its key (media.md 2.2). One serves all sessions of a process.</summary>
/// <remarks>To rotate it, create a new one and a new <see cref="DtlsContext"/> for new sessions; the old ones keep theirs (DEV-5).</remarks>
public sealed class DtlsCertificate : IDisposable
{
    /// <summary>How long a certificate is valid: far beyond the life of a session. Peers check the fingerprint, not the dates.</summary>
    public static readonly TimeSpan Validity = TimeSpan.FromDays(30);

    // A peer's clock may be behind ours.
    private static readonly TimeSpan ClockDifference = TimeSpan.FromDays(1);

    private readonly byte[] _privateKey;

    private DtlsCertificate(byte[] der, byte[] privateKey)
    {
        Der = der;
        _privateKey = privateKey;
        Fingerprint = DtlsFingerprint.OfCertificate(der);
    }

    /// <summary>What goes into <c>a=fingerprint</c>.</summary>
    public DtlsFingerprint Fingerprint { get; }

    internal ReadOnlyMemory<byte> Der { get; }

    /// <summary>PKCS#8. Empty of meaning after <see cref="Dispose"/>.</summary>
    internal ReadOnlyMemory<byte> PrivateKey => _privateKey;

    /// <summary>Generates a key and signs a certificate for it; some 0.1 ms.</summary>
    public static DtlsCertificate Create(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=WebRTC", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(now - ClockDifference, now + Validity);

        byte[] exported = key.ExportPkcs8PrivateKey();
        byte[] pinned = GC.AllocateUninitializedArray<byte>(exported.Length, pinned: true);
        exported.CopyTo(pinned, 0);
        CryptographicOperations.ZeroMemory(exported);
        return new(certificate.RawData, pinned);
    }

    /// <summary>Zeroes our copy of the key. Contexts made before have their own.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_privateKey);
}
