using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using Calls.Rtc.Dtls;

namespace Calls.Rtc.Tests.Dtls;

/// <summary>A session as server of <c>openssl s_client</c>, over UDP on the loopback interface.</summary>
public sealed partial class OpenSslClientTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [OpenSslCommandFact]
    public async Task It_connects_exports_the_same_keys_sends_data_and_closes()
    {
        string folder = Directory.CreateTempSubdirectory("calls-dtls-").FullName;
        Process? openSsl = null;

        try
        {
            DtlsFingerprint client = WriteClientCertificate(folder);
            using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
            using var peer = new DtlsPeer(DtlsRole.Server, remote: client);
            openSsl = StartClient(folder, ((IPEndPoint)socket.Client.LocalEndPoint!).Port);
            using var timeout = new CancellationTokenSource(Patience);
            Task<string> output = openSsl.StandardOutput.ReadToEndAsync(timeout.Token);
            byte[] keys = [];

            while (peer.Session.State is not (DtlsState.Closed or DtlsState.Failed))
            {
                UdpReceiveResult received = await socket.ReceiveAsync(timeout.Token);
                peer.Session.Receive(received.Buffer, nowMs: 0);

                foreach (byte[] datagram in peer.TakeSent())
                {
                    await socket.SendAsync(datagram, received.RemoteEndPoint, timeout.Token);
                }

                if (peer.Session.State == DtlsState.Connected && keys.Length == 0)
                {
                    keys = peer.Session.ExportSrtpKeys();
                    await openSsl.StandardInput.WriteLineAsync("hello from s_client");
                    await openSsl.StandardInput.FlushAsync(timeout.Token);
                }
                else if (peer.Data.Count == 1)
                {
                    openSsl.StandardInput.Close(); // which makes it send close_notify
                }
            }

            Assert.Equal(DtlsFailure.None, peer.Session.Failure);
            Assert.Equal(7, peer.Session.SelectedSrtpProfile);
            Assert.Equal("hello from s_client\n", Encoding.UTF8.GetString(Assert.Single(peer.Data)));

            string text = await output;
            await openSsl.WaitForExitAsync(timeout.Token);
            Assert.Contains("SRTP Extension negotiated, profile=SRTP_AEAD_AES_128_GCM", text);
            Assert.Contains("ECDHE-ECDSA-AES128-GCM-SHA256", text);
            Assert.Equal(Convert.ToHexString(keys), KeyingMaterial().Match(text).Groups[1].Value);
        }
        finally
        {
            openSsl?.Kill();
            openSsl?.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static DtlsFingerprint WriteClientCertificate(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=s_client", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Path.Combine(folder, "certificate.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
        return DtlsFingerprint.OfCertificate(certificate.RawData);
    }

    private static Process StartClient(string folder, int port)
    {
        string[] arguments =
        [
            "s_client", "-dtls1_2", "-connect", $"127.0.0.1:{port}",
            "-cert", Path.Combine(folder, "certificate.pem"), "-key", Path.Combine(folder, "key.pem"),
            // Its order is not ours: the server's counts.
            "-use_srtp", "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM",
            "-keymatexport", "EXTRACTOR-dtls_srtp", "-keymatexportlen", "56",
        ];

        return Process.Start(new ProcessStartInfo("openssl", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    [GeneratedRegex("Keying material: ([0-9A-F]+)")]
    private static partial Regex KeyingMaterial();
}
