namespace Calls.Rtc.Sctp;

/// <summary>Parameters of INIT, INIT ACK and RE-CONFIG (RFC 9260, section 3.3; RFC 3758; RFC 5061; RFC 6525; RFC 9653).</summary>
internal enum SctpParameterType : ushort
{
    IPv4Address = 5,
    IPv6Address = 6,
    StateCookie = 7,
    UnrecognizedParameter = 8,
    CookiePreservative = 9,
    SupportedAddressTypes = 12,
    OutgoingSsnResetRequest = 13,
    IncomingSsnResetRequest = 14,
    SsnTsnResetRequest = 15,
    ReConfigurationResponse = 16,
    AddOutgoingStreamsRequest = 17,
    AddIncomingStreamsRequest = 18,
    ZeroChecksumAcceptable = 0x8001,
    SupportedExtensions = 0x8008,
    ForwardTsnSupported = 0xC000,
}
