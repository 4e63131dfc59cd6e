namespace Calls.Browser.Tests.Interop;

/// <summary>A test that needs some of the implementations; skipped, with the reason, where one is missing.</summary>
internal sealed class PeerFactAttribute : FactAttribute
{
    public PeerFactAttribute(params Implementation[] needed) => Skip = needed.Select(Implementations.WhyNot).FirstOrDefault(static reason => reason is not null);
}
