using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Calls.Server.Commands;
using Calls.Server.Rtcd.Configuration;
using Calls.Server.Tests.Rtcd.Testing;

namespace Calls.Server.Tests.Rtcd.Api;

public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("calls-rtcd-tls-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_API_speaks_TLS_with_the_pair_it_was_given()
    {
        WritePair();
        await using RtcdSite site = await RtcdSite.StartAsync(WithTls);
        Assert.Equal("https", site.Address.Scheme);
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, certificate, _, _) => certificate!.Subject == "CN=rtcd.test" };
        using var http = new HttpClient(handler);

        using HttpResponseMessage version = await http.GetAsync(new Uri(site.Address, "/version"));

        Assert.Equal(HttpStatusCode.OK, version.StatusCode);
    }

    [Fact]
    public async Task A_pair_that_cannot_be_loaded_is_named()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "cert.pem"), "no certificate");

        RtcdStartException failure = await Assert.ThrowsAsync<RtcdStartException>(() => RtcdSite.StartAsync(WithTls));

        Assert.StartsWith($"failed to create service: the pair {_folder}/cert.pem and {_folder}/key.pem cannot be loaded: ", failure.Message, StringComparison.Ordinal);
    }

    private void WritePair()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=rtcd.test", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Path.Combine(_folder, "cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
    }

    private RtcdOptions WithTls(RtcdOptions options) => options with
    {
        TlsEnable = true, TlsCertFile = Path.Combine(_folder, "cert.pem"), TlsCertKey = Path.Combine(_folder, "key.pem"),
    };
}
