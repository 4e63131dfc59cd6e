namespace Calls.Rtc.Sdp;

/// <summary>The <c>a=setup</c> attribute (RFC 4145, section 4; RFC 8842).</summary>
public enum DtlsSetup : byte
{
    /// <summary>The offerer leaves the role to the answerer.</summary>
    ActPass,

    /// <summary>DTLS client.</summary>
    Active,

    /// <summary>DTLS server.</summary>
    Passive,
    HoldConn,
}
