using Calls.Rtc.Sdp;

namespace Calls.Rtc.Tests.Sdp;

internal sealed class CountingSsrcSource(uint first) : ISsrcSource
{
    private uint _next = first;

    public uint Next() => _next++;
}
