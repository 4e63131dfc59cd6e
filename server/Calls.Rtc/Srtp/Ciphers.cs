namespace Calls.Rtc.Srtp;

/// <summary>Chooses the cipher implementation once per process.</summary>
internal static class Ciphers
{
    /// <summary>AppContext switch (also a property in <c>runtimeconfig.json</c>) that forces the portable implementation.</summary>
    public const string PortableSwitch = "Calls.Rtc.Srtp.PortableCiphers";

    public static readonly CipherImplementation Default =
        X64AesRounds.IsSupported && X64CarrylessMultiply.IsSupported && !(AppContext.TryGetSwitch(PortableSwitch, out bool portable) && portable)
            ? CipherImplementation.X64
            : CipherImplementation.Portable;
}
