namespace Calls.Rtc.Transport;

/// <summary>A stream or listener that a wait found ready.</summary>
/// <param name="Token">What it was watched under.</param>
internal readonly record struct StreamEvent(int Token, bool IsReadable, bool IsWritable);
