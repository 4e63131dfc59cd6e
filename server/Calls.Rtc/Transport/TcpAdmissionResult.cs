namespace Calls.Rtc.Transport;

/// <summary>Whether a TCP connection is taken.</summary>
internal enum TcpAdmissionResult
{
    Admitted,

    /// <summary>Its address has enough connections that have proven nothing.</summary>
    TooManyFromAddress,

    TooMany,
}
