using Calls.Domain.Events;

namespace Calls.Domain.Ports;

/// <summary>Takes the events of calls on their way to clients. Events of one call are handed over in order.</summary>
public interface ICallEvents
{
    /// <param name="callEvent">What happened and who is to know.</param>
    /// <param name="number">Its number within its call; 0 for events that carry no state (modes.md 14).</param>
    void Publish(CallEvent callEvent, long number = 0);
}
