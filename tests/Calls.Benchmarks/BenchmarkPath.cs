using Calls.Rtc;
using Calls.Rtc.Transport;

namespace Calls.Benchmarks;

/// <summary>A path that leads nowhere.</summary>
internal sealed class BenchmarkPath(ushort port) : TransportPath
{
    public override TransportAddress Remote { get; } = new(1, port);
}
