namespace Calls.Rtc.Dtls;

/// <summary>Who sends the ClientHello (RFC 5763 5: <c>a=setup</c>).</summary>
public enum DtlsRole
{
    /// <summary>We answered <c>passive</c> and wait for the ClientHello.</summary>
    Server,

    /// <summary>We answered <c>active</c> and send the ClientHello.</summary>
    Client,
}
