namespace Calls.Rtc.Srtp;

/// <summary>Which of the equivalent cipher implementations is used. The results are the same byte for byte.</summary>
internal enum CipherImplementation
{
    /// <summary>No special instructions; also what arm64 uses. 50 to 150 times slower.</summary>
    Portable,

    /// <summary>AES-NI and PCLMULQDQ.</summary>
    X64,
}
