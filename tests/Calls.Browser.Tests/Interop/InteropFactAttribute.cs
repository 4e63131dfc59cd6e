namespace Calls.Browser.Tests.Interop;

/// <summary>A test with an implementation that nothing else needs: only on request, since it has to be installed first.</summary>
internal sealed class InteropFactAttribute : FactAttribute
{
    private const string Variable = "CALLS_INTEROP";

    public InteropFactAttribute(Implementation implementation)
    {
        string? reason = Implementations.WhyNot(implementation);
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)))
        {
            reason = "Only with bash tests/run.sh --interop";
        }

        Skip = reason;
    }
}
