using System.Reflection;
using System.Runtime.InteropServices;

namespace Calls.Rtc.Dtls;

/// <summary>Finds the system's OpenSSL, the one library of this program that is not part of .NET.</summary>
internal static class OpenSslLibrary
{
    public const string Ssl = "calls-ssl";
    public const string Crypto = "calls-crypto";

    /// <summary>Said when no candidate can be loaded.</summary>
    public const string MissingText =
        "OpenSSL 3 was not found (libssl.so.3 with libcrypto.so.3); WebRTC needs it for DTLS. Install it: "
        + "Debian and Ubuntu `apt-get install libssl3` (`libssl3t64` on the newest), Alpine `apk add libssl3`, "
        + "Fedora and RHEL `dnf install openssl-libs`, macOS `brew install openssl@3`. "
        + "A version at another name can be chosen with CLR_OPENSSL_VERSION_OVERRIDE.";

    private static readonly Lazy<(nint Ssl, nint Crypto)> Loaded = new(
        () => Load(Candidates(Environment.GetEnvironmentVariable("CLR_OPENSSL_VERSION_OVERRIDE"), OperatingSystem.IsMacOS()), TryLoad));

    static OpenSslLibrary() => NativeLibrary.SetDllImportResolver(typeof(OpenSslLibrary).Assembly, Resolve);

    /// <summary>Loads the library, or throws with advice that can be shown to an operator as it is.</summary>
    /// <exception cref="DllNotFoundException"><see cref="MissingText"/>.</exception>
    public static void EnsureLoaded() => _ = Loaded.Value;

    /// <summary>Whether libssl has a function: 1.1.1 lacks some of version 3.</summary>
    public static bool Exports(string function) => NativeLibrary.TryGetExport(Loaded.Value.Ssl, function, out _);

    /// <summary>Names of libssl and the libcrypto that belongs to it, the preferred ones first.</summary>
    /// <remarks>Never <c>libssl3.so</c>: on Debian that is NSS. Never the system's libssl on macOS: that is LibreSSL.</remarks>
    internal static IEnumerable<(string Ssl, string Crypto)> Candidates(string? versionOverride, bool isMacOS)
    {
        if (!string.IsNullOrEmpty(versionOverride))
        {
            yield return ($"libssl.so.{versionOverride}", $"libcrypto.so.{versionOverride}");
        }

        if (isMacOS)
        {
            yield return ("/opt/homebrew/opt/openssl@3/lib/libssl.3.dylib", "/opt/homebrew/opt/openssl@3/lib/libcrypto.3.dylib");
            yield return ("/usr/local/opt/openssl@3/lib/libssl.3.dylib", "/usr/local/opt/openssl@3/lib/libcrypto.3.dylib");
            yield break;
        }

        yield return ("libssl.so.3", "libcrypto.so.3");
        yield return ("libssl.so.1.1", "libcrypto.so.1.1");
        yield return ("libssl.so", "libcrypto.so");
    }

    internal static (nint Ssl, nint Crypto) Load(IEnumerable<(string Ssl, string Crypto)> candidates, Func<string, nint> tryLoad)
    {
        foreach ((string sslName, string cryptoName) in candidates)
        {
            nint crypto = tryLoad(cryptoName);
            nint ssl = crypto == 0 ? 0 : tryLoad(sslName);

            if (ssl != 0)
            {
                return (ssl, crypto);
            }
        }

        throw new DllNotFoundException(MissingText);
    }

    private static nint TryLoad(string name) => NativeLibrary.TryLoad(name, out nint handle) ? handle : 0;

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) =>
        name switch
        {
            Ssl => Loaded.Value.Ssl,
            Crypto => Loaded.Value.Crypto,
            _ => 0,
        };
}
