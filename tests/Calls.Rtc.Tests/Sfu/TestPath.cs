using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Sfu;

internal sealed class TestPath(ushort port) : TransportPath
{
    public override TransportAddress Remote { get; } = new(1, port);
}
