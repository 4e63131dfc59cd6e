using System.Runtime.Intrinsics;

namespace Calls.Rtc.Srtp;

/// <summary>Multiplication of polynomials over GF(2), 64 by 64 to 128 bits, on one kind of processor.</summary>
internal interface ICarrylessMultiply
{
    static abstract bool IsSupported { get; }

    /// <summary>Lower half of <paramref name="a"/> times lower half of <paramref name="b"/>.</summary>
    static abstract Vector128<ulong> Lower(Vector128<ulong> a, Vector128<ulong> b);

    /// <summary>Upper half of <paramref name="a"/> times upper half of <paramref name="b"/>.</summary>
    static abstract Vector128<ulong> Upper(Vector128<ulong> a, Vector128<ulong> b);

    /// <summary>Upper half of <paramref name="a"/> times lower half of <paramref name="b"/>.</summary>
    static abstract Vector128<ulong> UpperLower(Vector128<ulong> a, Vector128<ulong> b);
}
