namespace Calls.Rtc.Srtp;

/// <summary>Which half of the exported keys is ours to write with: that of our DTLS role (RFC 5764 4.2).</summary>
public enum SrtpSide
{
    DtlsClient,
    DtlsServer,
}
