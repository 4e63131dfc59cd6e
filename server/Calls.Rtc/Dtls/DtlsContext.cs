using System.Runtime.InteropServices;
using System.Text;

namespace Calls.Rtc.Dtls;

/// <summary>What all sessions with one certificate share: DTLS 1.2, AEAD suites, the SRTP profiles in our order of preference (media.md 2.2).</summary>
/// <remarks>Thread-safe. Sessions stay usable after <see cref="Dispose"/>.</remarks>
public sealed unsafe class DtlsContext : IDisposable
{
    /// <summary>AEAD_AES_128_GCM, then AES128_CM_HMAC_SHA1_80 (media.md 2.3).</summary>
    public static readonly IReadOnlyList<ushort> DefaultSrtpProfiles = [7, 1];

    // C02B first: all browsers have it. Without CBC suites (media.md 9.5).
    private const string CipherSuites =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";

    private const string Groups = "X25519:P-256:P-384";

    // Bytes of a certificate chain, which is also the largest handshake message that is reassembled. Browsers send 300.
    private const int MaxCertificateList = 16 * 1024;

    /// <param name="certificate">Ours. May be disposed afterwards.</param>
    /// <param name="srtpProfiles">IANA numbers in order of preference, 7 and 1; <c>null</c> for <see cref="DefaultSrtpProfiles"/>.</param>
    /// <exception cref="DllNotFoundException">OpenSSL is not installed; the text says how to install it.</exception>
    /// <exception cref="InvalidOperationException">OpenSSL refused a setting; the text names it.</exception>
    public DtlsContext(DtlsCertificate certificate, IReadOnlyList<ushort>? srtpProfiles = null)
    {
        OpenSslLibrary.EnsureLoaded();
        Fingerprint = certificate.Fingerprint;
        OpenSsl.ERR_clear_error();
        Handle = new SslContextHandle(OpenSsl.SSL_CTX_new(OpenSsl.DTLS_method()));
        Require(!Handle.IsInvalid, "SSL_CTX_new");

        Require(OpenSsl.SSL_CTX_ctrl(Handle, OpenSsl.ControlSetMinVersion, OpenSsl.Dtls12, null) == 1, "DTLS 1.2");
        Require(OpenSsl.SSL_CTX_ctrl(Handle, OpenSsl.ControlSetMaxVersion, OpenSsl.Dtls12, null) == 1, "DTLS 1.2");
        OpenSsl.SSL_CTX_ctrl(Handle, OpenSsl.ControlSetSessionCacheMode, OpenSsl.SessionCacheOff, null);
        OpenSsl.SSL_CTX_ctrl(Handle, OpenSsl.ControlSetMaxCertificateList, MaxCertificateList, null);
        OpenSsl.SSL_CTX_ctrl(Handle, OpenSsl.ControlMode, OpenSsl.ModeReleaseBuffers, null);
        OpenSsl.SSL_CTX_set_options(
            Handle,
            OpenSsl.OptionNoQueryMtu | OpenSsl.OptionNoTicket | OpenSsl.OptionCipherServerPreference | OpenSsl.OptionNoRenegotiation);
        OpenSsl.SSL_CTX_set_verify(Handle, OpenSsl.VerifyPeer | OpenSsl.VerifyFailIfNoPeerCertificate, &AcceptAnyCertificate);

        fixed (byte* suites = ZeroTerminated(CipherSuites), groups = ZeroTerminated(Groups), profiles = ZeroTerminated(Names(srtpProfiles)))
        {
            Require(OpenSsl.SSL_CTX_set_cipher_list(Handle, suites) == 1, "the cipher suites");
            Require(OpenSsl.SSL_CTX_ctrl(Handle, OpenSsl.ControlSetGroupsList, 0, groups) == 1, "the groups");
            Require(OpenSsl.SSL_CTX_set_tlsext_use_srtp(Handle, profiles) == 0, "the SRTP profiles");
        }

        UseCertificate(certificate);
    }

    /// <summary>Of our certificate: what goes into <c>a=fingerprint</c>.</summary>
    public DtlsFingerprint Fingerprint { get; }

    internal SslContextHandle Handle { get; }

    public void Dispose() => Handle.Dispose();

    // Certificates are self-signed: whose it is is decided by its fingerprint, when the handshake is done (RFC 5763 5).
    [UnmanagedCallersOnly]
    private static int AcceptAnyCertificate(int verified, nint store) => 1;

    private static string Names(IReadOnlyList<ushort>? profiles) =>
        string.Join(':', (profiles ?? DefaultSrtpProfiles).Select(static profile => profile switch
        {
            7 => "SRTP_AEAD_AES_128_GCM",
            1 => "SRTP_AES128_CM_SHA1_80",
            _ => throw new ArgumentOutOfRangeException(nameof(profiles), profile, "Only SRTP profiles 7 and 1 are supported."),
        }));

    private static byte[] ZeroTerminated(string text) => Encoding.ASCII.GetBytes(text + "\0");

    private static void Require(bool succeeded, string setting)
    {
        if (!succeeded)
        {
            throw new InvalidOperationException($"OpenSSL does not accept {setting}: {OpenSsl.TakeErrors().Text}");
        }
    }

    private void UseCertificate(DtlsCertificate certificate)
    {
        fixed (byte* der = certificate.Der.Span, key = certificate.PrivateKey.Span)
        {
            byte* position = der;
            nint x509 = OpenSsl.d2i_X509(0, &position, certificate.Der.Length);
            Require(x509 != 0, "the certificate");
            int used = OpenSsl.SSL_CTX_use_certificate(Handle, x509);
            OpenSsl.X509_free(x509);
            Require(used == 1, "the certificate");

            position = key;
            nint privateKey = OpenSsl.d2i_AutoPrivateKey(0, &position, certificate.PrivateKey.Length);
            Require(privateKey != 0, "the private key");
            used = OpenSsl.SSL_CTX_use_PrivateKey(Handle, privateKey);
            OpenSsl.EVP_PKEY_free(privateKey);
            Require(used == 1, "the private key");
        }
    }
}
