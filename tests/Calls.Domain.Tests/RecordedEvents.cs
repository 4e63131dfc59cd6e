using Calls.Domain.Events;
using Calls.Domain.Ports;

namespace Calls.Domain.Tests;

internal sealed class RecordedEvents : ICallEvents
{
    public List<(CallEvent Event, long Number)> All { get; } = [];

    public void Publish(CallEvent callEvent, long number = 0)
    {
        lock (All)
        {
            All.Add((callEvent, number));
        }
    }
}
