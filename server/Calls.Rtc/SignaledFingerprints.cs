using Calls.Rtc.Dtls;
using Calls.Rtc.Sdp;

namespace Calls.Rtc;

/// <summary>Certificate fingerprints between descriptions and handshakes; the folders of the two do not know each other.</summary>
internal static class SignaledFingerprints
{
    /// <summary>What our descriptions say of our certificate.</summary>
    public static Fingerprint Of(DtlsContext dtls) =>
        Fingerprint.TryParse(dtls.Fingerprint.ToString(), out Fingerprint fingerprint)
            ? fingerprint
            : throw new InvalidOperationException("Our own fingerprint does not parse.");

    /// <summary>The peer's fingerprints that can be compared with a certificate; hash functions that are refused are left out.</summary>
    public static DtlsFingerprint[] From(RemoteTransportParameters remote) =>
    [
        .. remote.Fingerprints
            .Select(static line => DtlsFingerprint.TryParse(line.ToString(), out DtlsFingerprint? fingerprint) ? fingerprint : null)
            .OfType<DtlsFingerprint>(),
    ];
}
