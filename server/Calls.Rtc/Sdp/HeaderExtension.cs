namespace Calls.Rtc.Sdp;

/// <summary>One <c>a=extmap</c> line (RFC 8285, section 5).</summary>
/// <param name="Id">1 to 255; only 1 to 14 fit the one-byte form.</param>
/// <param name="Uri">The extension's name.</param>
/// <param name="Direction">The <c>/direction</c> suffix, <c>null</c> when absent.</param>
public readonly record struct HeaderExtension(byte Id, string Uri, MediaDirection? Direction = null);
