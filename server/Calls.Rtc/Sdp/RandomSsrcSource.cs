using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Calls.Rtc.Sdp;

/// <summary>Walks all 32-bit values from a random start with a random odd step, so none repeats and none is remembered.</summary>
public sealed class RandomSsrcSource(uint start, uint step) : ISsrcSource
{
    private readonly uint _step = step | 1;
    private uint _next = start;

    public static RandomSsrcSource Create()
    {
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        return new(BinaryPrimitives.ReadUInt32LittleEndian(random), BinaryPrimitives.ReadUInt32LittleEndian(random[4..]));
    }

    public uint Next()
    {
        if (_next == 0)
        {
            _next += _step;
        }

        uint ssrc = _next;
        _next += _step;
        return ssrc;
    }
}
