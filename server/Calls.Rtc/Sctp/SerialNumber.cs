namespace Calls.Rtc.Sctp;

/// <summary>Comparison modulo 2^32 (RFC 1982), as TSNs and request numbers need it (RFC 9260, section 1.6).</summary>
internal static class SerialNumber
{
    public static bool IsAfter(uint number, uint other) => (int)(number - other) > 0;
}
