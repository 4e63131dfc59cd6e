using System.Runtime.InteropServices;

namespace Calls.Rtc.Crypto;

/// <summary>
/// OpenSSL's SHA-1 block function, which uses the processor's SHA instructions: about three times as fast as managed code. .NET
/// itself offers only one-shot hashes, which cannot start from a saved state.
/// </summary>
/// <remarks>Absent or wrong on some systems, so used only after it has hashed a block like the managed code.</remarks>
internal static unsafe class OpenSslSha1
{
    // void SHA1_Transform(SHA_CTX *c, const unsigned char *data): of the context it touches the five leading words only.
    // A call lasts well below a microsecond, so it need not let the garbage collector in.
    private static readonly delegate* unmanaged[SuppressGCTransition]<Sha1State*, byte*, void> BlockFunction = Find();

    public static bool IsAvailable => BlockFunction != null;

    public static void Transform(ref Sha1State state, ReadOnlySpan<byte> blocks)
    {
        fixed (Sha1State* words = &state)
        fixed (byte* start = blocks)
        {
            byte* end = start + (blocks.Length & -Sha1.BlockSize);
            for (byte* block = start; block < end; block += Sha1.BlockSize)
            {
                BlockFunction(words, block);
            }
        }
    }

    private static delegate* unmanaged[SuppressGCTransition]<Sha1State*, byte*, void> Find()
    {
        foreach (string name in LibraryNames())
        {
            if (NativeLibrary.TryLoad(name, out nint library)
                && NativeLibrary.TryGetExport(library, "SHA1_Transform", out nint export))
            {
                var function = (delegate* unmanaged[SuppressGCTransition]<Sha1State*, byte*, void>)export;
                return IsRight(function) ? function : null;
            }
        }

        return null;
    }

    // The versions that .NET's own cryptography looks for, in its order, so that no second one is loaded.
    private static IEnumerable<string> LibraryNames()
    {
        string? chosen = Environment.GetEnvironmentVariable("CLR_OPENSSL_VERSION_OVERRIDE");
        if (OperatingSystem.IsLinux())
        {
            string[] versions = string.IsNullOrEmpty(chosen) ? ["3", "1.1"] : [chosen, "3", "1.1"];
            return versions.Select(version => $"libcrypto.so.{version}");
        }

        return [];
    }

    private static bool IsRight(delegate* unmanaged[SuppressGCTransition]<Sha1State*, byte*, void> function)
    {
        // A whole SHA_CTX (96 bytes), should this build write more of it than is known.
        Span<Sha1State> context = stackalloc Sha1State[8];
        context.Clear();
        context[0] = Sha1State.Initial;
        Span<byte> block = stackalloc byte[Sha1.BlockSize];
        for (int i = 0; i < block.Length; i++)
        {
            block[i] = (byte)i;
        }

        Sha1State expected = Sha1State.Initial;
        Sha1.TransformManaged(ref expected, block);
        fixed (Sha1State* words = context)
        fixed (byte* data = block)
        {
            function(words, data);
        }

        Span<byte> behind = MemoryMarshal.AsBytes(context[1..]);
        return context[0] == expected && !behind.ContainsAnyExcept((byte)0);
    }
}
