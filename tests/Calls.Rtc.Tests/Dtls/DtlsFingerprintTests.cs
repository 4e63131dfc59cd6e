using System.Security.Cryptography;
using Calls.Rtc.Dtls;

namespace Calls.Rtc.Tests.Dtls;

public sealed class DtlsFingerprintTests
{
    private const string Browser = "sha-256 9D:3E:04:D4:85:3A:AB:BC:73:4C:17:3A:9E:91:3F:4F:AB:8A:57:01:BA:18:30:55:E2:1A:BB:D8:1B:28:BF:FB";

    private static readonly byte[] Der = [0x30, 0x03, 0x02, 0x01, 0x05];

    [Fact]
    public void A_browsers_fingerprint_is_read_in_either_case_and_written_in_upper_case()
    {
        Assert.True(DtlsFingerprint.TryParse(Browser, out DtlsFingerprint? fingerprint));
        Assert.Equal(Browser, fingerprint.ToString());
        Assert.True(DtlsFingerprint.TryParse(Browser.ToLowerInvariant(), out fingerprint));
        Assert.Equal(Browser, fingerprint.ToString());
        Assert.True(DtlsFingerprint.TryParse(" " + Browser.Replace("sha", "SHA", StringComparison.Ordinal) + " ", out fingerprint));
        Assert.Equal(Browser, fingerprint.ToString());
    }

    [Fact]
    public void The_hash_that_the_line_names_is_compared()
    {
        foreach ((string name, byte[] hash) in new[]
        {
            ("sha-256", SHA256.HashData(Der)), ("sha-384", SHA384.HashData(Der)), ("sha-512", SHA512.HashData(Der)),
        })
        {
            string value = Convert.ToHexString(hash);
            value = string.Join(':', Enumerable.Range(0, hash.Length).Select(i => value.Substring(i * 2, 2)));
            Assert.True(DtlsFingerprint.TryParse($"{name} {value.ToLowerInvariant()}", out DtlsFingerprint? fingerprint));
            Assert.True(fingerprint.Matches(Der));
            Assert.False(fingerprint.Matches([.. Der, 0]));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("sha-256")]
    [InlineData("sha-256 ")]
    [InlineData("sha-1 9D:3E:04:D4:85:3A:AB:BC:73:4C:17:3A:9E:91:3F:4F:AB:8A:57:01")]
    [InlineData("md5 9D:3E:04:D4:85:3A:AB:BC:73:4C:17:3A:9E:91:3F:4F")]
    [InlineData("sha-256 9D:3E:04:D4:85:3A:AB:BC:73:4C:17:3A:9E:91:3F:4F")]
    [InlineData("sha-256 9D-3E:04:D4:85:3A:AB:BC:73:4C:17:3A:9E:91:3F:4F:AB:8A:57:01:BA:18:30:55:E2:1A:BB:D8:1B:28:BF:FB")]
    [InlineData("sha-256 GD:3E:04:D4:85:3A:AB:BC:73:4C:17:3A:9E:91:3F:4F:AB:8A:57:01:BA:18:30:55:E2:1A:BB:D8:1B:28:BF:FB")]
    [InlineData("sha-512 9D:3E:04:D4:85:3A:AB:BC:73:4C:17:3A:9E:91:3F:4F:AB:8A:57:01:BA:18:30:55:E2:1A:BB:D8:1B:28:BF:FB")]
    public void Other_hashes_and_malformed_values_are_refused(string value) =>
        Assert.False(DtlsFingerprint.TryParse(value, out _));

    [Fact]
    public void Mutated_fingerprints_never_throw()
    {
        var random = new Random(8122);

        for (int i = 0; i < 20_000; i++)
        {
            char[] value = Browser.ToCharArray();
            value[random.Next(value.Length)] = (char)random.Next(0x2100);
            DtlsFingerprint.TryParse(value.AsSpan(0, random.Next(2) == 0 ? value.Length : random.Next(value.Length)), out _);
        }
    }

    [Fact]
    public void A_certificate_is_ECDSA_P_256_and_valid_around_its_creation()
    {
        var now = new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero);
        using DtlsCertificate certificate = DtlsCertificate.Create(now);
        using DtlsCertificate other = DtlsCertificate.Create(now);
        using var x509 = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(certificate.Der.Span);

        Assert.Equal("CN=WebRTC", x509.Subject);
        Assert.Equal(256, x509.PublicKey.GetECDsaPublicKey()!.KeySize);
        Assert.InRange(now.UtcDateTime, x509.NotBefore.ToUniversalTime(), x509.NotAfter.ToUniversalTime());
        Assert.StartsWith("sha-256 ", certificate.Fingerprint.ToString());
        Assert.True(certificate.Fingerprint.Matches(x509.RawData));
        Assert.NotEqual(certificate.Fingerprint.ToString(), other.Fingerprint.ToString());
    }
}
