using Calls.Rtc.Srtp;

namespace Calls.Benchmarks;

internal static class BenchmarkKeys
{
    public static SrtpKeyingMaterial Create(SrtpProfile profile, int seed = 1)
    {
        byte[] exported = new byte[SrtpKeyingMaterial.ExportedLength(profile)];
        new Random(seed).NextBytes(exported);
        return SrtpKeyingMaterial.TryCreate((ushort)profile, exported, out SrtpKeyingMaterial? keys)
            ? keys
            : throw new InvalidOperationException("No keys.");
    }
}
