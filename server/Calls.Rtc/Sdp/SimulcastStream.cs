namespace Calls.Rtc.Sdp;

/// <summary>One stream of <c>a=simulcast</c> (RFC 8853, section 5.1), the first of its alternatives.</summary>
/// <param name="IsPaused">Marked with <c>~</c>.</param>
public readonly record struct SimulcastStream(string Rid, bool IsPaused)
{
    public override string ToString() => IsPaused ? "~" + Rid : Rid;
}
