using Calls.Rtc.Dtls;

namespace Calls.Rtc.Tests.Dtls;

/// <summary>A session whose output is kept until the test fetches it.</summary>
internal sealed class DtlsPeer : IDtlsOutput, IDisposable
{
    private static readonly DtlsCertificate ServerCertificate = NewCertificate();
    private static readonly DtlsCertificate ClientCertificate = NewCertificate();

    public static readonly DtlsContext ServerContext = new(ServerCertificate);
    public static readonly DtlsContext ClientContext = new(ClientCertificate);

    public DtlsPeer(DtlsRole role, DtlsContext? context = null, DtlsFingerprint? remote = null)
    {
        bool isServer = role == DtlsRole.Server;
        Session = new(context ?? (isServer ? ServerContext : ClientContext), role, this);
        Session.SetRemoteFingerprints([remote ?? (isServer ? ClientContext : ServerContext).Fingerprint]);
    }

    public DtlsSession Session { get; }

    public List<byte[]> Sent { get; } = [];

    public List<byte[]> Data { get; } = [];

    public Action<byte[]>? OnData { get; set; }

    public static DtlsCertificate NewCertificate() => DtlsCertificate.Create(new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero));

    public byte[][] TakeSent()
    {
        byte[][] sent = [.. Sent];
        Sent.Clear();
        return sent;
    }

    /// <summary>Carries datagrams between two peers, without loss, until there are none left.</summary>
    public static void Exchange(DtlsPeer a, DtlsPeer b, long nowMs = 0)
    {
        while (a.Sent.Count + b.Sent.Count > 0)
        {
            foreach (byte[] datagram in a.TakeSent())
            {
                b.Session.Receive(datagram, nowMs);
            }

            foreach (byte[] datagram in b.TakeSent())
            {
                a.Session.Receive(datagram, nowMs);
            }
        }
    }

    public static (DtlsPeer Server, DtlsPeer Client) Connect(DtlsContext? serverContext = null, DtlsContext? clientContext = null)
    {
        var server = new DtlsPeer(DtlsRole.Server, serverContext, clientContext?.Fingerprint);
        var client = new DtlsPeer(DtlsRole.Client, clientContext, serverContext?.Fingerprint);
        client.Session.Start(nowMs: 0);
        Exchange(client, server);
        return (server, client);
    }

    public void SendDatagram(ReadOnlySpan<byte> datagram) => Sent.Add(datagram.ToArray());

    public void OnApplicationData(ReadOnlySpan<byte> data)
    {
        Data.Add(data.ToArray());
        OnData?.Invoke(Data[^1]);
    }

    public void Dispose() => Session.Dispose();
}
