namespace Calls.Rtc.Dtls;

/// <summary>The certificate that the other side of a handshake has shown and proved to own.</summary>
internal static unsafe class PeerCertificate
{
    private static readonly bool IsOfVersion3 = OpenSslLibrary.Exports(nameof(OpenSsl.SSL_get1_peer_certificate));

    /// <summary>Whether it is one of those that signaling announced (RFC 8122, section 6.2).</summary>
    public static bool MatchesAny(SslHandle ssl, IReadOnlyList<DtlsFingerprint> fingerprints)
    {
        nint certificate = IsOfVersion3 ? OpenSsl.SSL_get1_peer_certificate(ssl) : OpenSsl.SSL_get_peer_certificate(ssl);
        if (certificate == 0)
        {
            return false;
        }

        byte[] der = new byte[Math.Max(0, OpenSsl.i2d_X509(certificate, null))];

        fixed (byte* start = der)
        {
            byte* position = start;
            _ = OpenSsl.i2d_X509(certificate, &position);
        }

        OpenSsl.X509_free(certificate);

        foreach (DtlsFingerprint fingerprint in fingerprints)
        {
            if (fingerprint.Matches(der))
            {
                return true;
            }
        }

        return false;
    }
}
