namespace Calls.Domain.Ports;

/// <summary>The rules as they stand now; settings may change while the process runs.</summary>
public interface ICallRules
{
    CallRules Current { get; }
}
