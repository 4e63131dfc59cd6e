using System.Runtime.Intrinsics;

namespace Calls.Rtc.Srtp;

/// <summary>The two kinds of AES encryption round (FIPS 197, 5.1) on one kind of processor. Implemented by empty structs, so that calls are inlined.</summary>
internal interface IAesRounds
{
    static abstract bool IsSupported { get; }

    /// <summary>SubBytes, ShiftRows, MixColumns, AddRoundKey.</summary>
    static abstract Vector128<byte> Round(Vector128<byte> state, Vector128<byte> roundKey);

    /// <summary>SubBytes, ShiftRows, AddRoundKey.</summary>
    static abstract Vector128<byte> LastRound(Vector128<byte> state, Vector128<byte> roundKey);
}
