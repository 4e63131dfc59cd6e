namespace Calls.Browser.Tests.Interop;

/// <summary>A page of any browser, reduced to running scripts in it.</summary>
internal interface IBrowserPage : IAsyncDisposable
{
    Task OpenAsync(Uri url);

    /// <summary>The text that an expression has as its value.</summary>
    Task<string> EvaluateAsync(string expression);
}
