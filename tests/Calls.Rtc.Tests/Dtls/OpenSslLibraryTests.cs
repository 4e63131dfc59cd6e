using Calls.Rtc.Dtls;

namespace Calls.Rtc.Tests.Dtls;

public sealed class OpenSslLibraryTests
{
    [Fact]
    public void The_operators_choice_comes_first_then_version_3_then_older_ones() =>
        Assert.Equal(
            ["libssl.so.3.5", "libssl.so.3", "libssl.so.1.1", "libssl.so"],
            OpenSslLibrary.Candidates("3.5", isMacOS: false).Select(static candidate => candidate.Ssl));

    [Fact]
    public void On_macOS_only_Homebrews_OpenSSL_is_taken() =>
        Assert.All(
            OpenSslLibrary.Candidates(null, isMacOS: true),
            static candidate => Assert.Contains("/openssl@3/lib/libssl.3.dylib", candidate.Ssl));

    [Fact]
    public void A_libssl_counts_only_with_the_libcrypto_of_its_version()
    {
        var loadable = new Dictionary<string, nint> { ["libssl.so.3"] = 1, ["libssl.so.1.1"] = 2, ["libcrypto.so.1.1"] = 3 };
        (nint ssl, nint crypto) = OpenSslLibrary.Load(
            OpenSslLibrary.Candidates(null, isMacOS: false), name => loadable.GetValueOrDefault(name));
        Assert.Equal((2, 3), (ssl, crypto));
    }

    [Fact]
    public void Without_OpenSSL_the_error_says_what_to_install()
    {
        DllNotFoundException error = Assert.Throws<DllNotFoundException>(
            static () => OpenSslLibrary.Load(OpenSslLibrary.Candidates(null, isMacOS: false), static _ => 0));
        Assert.Contains("apt-get install libssl3", error.Message);
        Assert.Contains("libssl.so.3", error.Message);
    }
}
