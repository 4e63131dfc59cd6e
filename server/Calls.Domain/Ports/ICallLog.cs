namespace Calls.Domain.Ports;

/// <summary>Where work in the background reports what went wrong.</summary>
public interface ICallLog
{
    /// <param name="operation">A constant text, never built from input.</param>
    void Failed(string operation, Exception exception);
}
