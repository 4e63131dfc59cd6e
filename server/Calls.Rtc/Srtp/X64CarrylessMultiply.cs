using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Calls.Rtc.Srtp;

/// <summary>Carry-less multiplication with PCLMULQDQ.</summary>
internal readonly struct X64CarrylessMultiply : ICarrylessMultiply
{
    public static bool IsSupported => Pclmulqdq.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Lower(Vector128<ulong> a, Vector128<ulong> b) => Pclmulqdq.CarrylessMultiply(a, b, 0x00);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Upper(Vector128<ulong> a, Vector128<ulong> b) => Pclmulqdq.CarrylessMultiply(a, b, 0x11);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> UpperLower(Vector128<ulong> a, Vector128<ulong> b) => Pclmulqdq.CarrylessMultiply(a, b, 0x01);
}
