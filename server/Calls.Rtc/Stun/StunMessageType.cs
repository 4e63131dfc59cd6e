namespace Calls.Rtc.Stun;

/// <summary>Message types of the Binding method (RFC 8489, section 5), the only method of a lite server.</summary>
public enum StunMessageType : ushort
{
    BindingRequest = 0x0001,
    BindingIndication = 0x0011,
    BindingSuccess = 0x0101,
    BindingError = 0x0111,
}
