using System.Runtime.Intrinsics;

namespace Calls.Rtc.Srtp;

/// <summary>Carry-less multiplication by shifts, for processors without an instruction for it. No branch depends on the data.</summary>
internal readonly struct PortableCarrylessMultiply : ICarrylessMultiply
{
    public static bool IsSupported => true;

    public static Vector128<ulong> Lower(Vector128<ulong> a, Vector128<ulong> b) => Multiply(a[0], b[0]);

    public static Vector128<ulong> Upper(Vector128<ulong> a, Vector128<ulong> b) => Multiply(a[1], b[1]);

    public static Vector128<ulong> UpperLower(Vector128<ulong> a, Vector128<ulong> b) => Multiply(a[1], b[0]);

    private static Vector128<ulong> Multiply(ulong a, ulong b)
    {
        ulong low = 0;
        ulong high = 0;

        for (int bit = 0; bit < 64; bit++)
        {
            ulong selected = a & (0 - (b >> bit & 1));
            low ^= selected << bit;
            // In two steps, since a shift by 64 would be a shift by 0.
            high ^= selected >> 1 >> (63 - bit);
        }

        return Vector128.Create(low, high);
    }
}
