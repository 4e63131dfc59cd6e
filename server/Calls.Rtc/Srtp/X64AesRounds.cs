using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using X86 = System.Runtime.Intrinsics.X86;

namespace Calls.Rtc.Srtp;

/// <summary>AES rounds with AES-NI.</summary>
internal readonly struct X64AesRounds : IAesRounds
{
    public static bool IsSupported => X86.Aes.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Round(Vector128<byte> state, Vector128<byte> roundKey) => X86.Aes.Encrypt(state, roundKey);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LastRound(Vector128<byte> state, Vector128<byte> roundKey) => X86.Aes.EncryptLast(state, roundKey);
}
