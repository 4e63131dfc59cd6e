using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Calls.Rtc.Dtls;
using Calls.Rtc.Srtp;
using Calls.Rtc.Tests.Srtp;

namespace Calls.Rtc.Tests.Dtls;

public sealed class DtlsHandshakeTests
{
    private const byte ClientHello = 1;
    private const byte ServerHello = 2;
    private const byte HelloVerifyRequest = 3;
    private const ushort EcdheEcdsaAes128Gcm = 0xC02B;

    [Theory]
    [InlineData(new ushort[] { 7, 1 }, new ushort[] { 7, 1 }, 7)]
    [InlineData(new ushort[] { 7, 1 }, new ushort[] { 1, 7 }, 7)]
    [InlineData(new ushort[] { 1, 7 }, new ushort[] { 7, 1 }, 1)]
    [InlineData(new ushort[] { 7, 1 }, new ushort[] { 1 }, 1)]
    [InlineData(new ushort[] { 1 }, new ushort[] { 7, 1 }, 1)]
    public void The_server_chooses_the_profile_and_both_sides_export_the_same_keys(ushort[] server, ushort[] client, ushort expected)
    {
        using DtlsCertificate serverCertificate = DtlsPeer.NewCertificate();
        using DtlsCertificate clientCertificate = DtlsPeer.NewCertificate();
        using var serverContext = new DtlsContext(serverCertificate, server);
        using var clientContext = new DtlsContext(clientCertificate, client);
        (DtlsPeer us, DtlsPeer them) = DtlsPeer.Connect(serverContext, clientContext);

        using (us)
        using (them)
        {
            Assert.Equal(DtlsState.Connected, us.Session.State);
            Assert.Equal(DtlsState.Connected, them.Session.State);
            Assert.Equal(expected, us.Session.SelectedSrtpProfile);
            Assert.Equal(expected, them.Session.SelectedSrtpProfile);

            byte[] keys = us.Session.ExportSrtpKeys();
            Assert.Equal(keys, them.Session.ExportSrtpKeys());
            Assert.Equal(SrtpKeyingMaterial.ExportedLength((SrtpProfile)expected), keys.Length);
            AssertSrtpWorks(us.Session, them.Session);
        }
    }

    [Fact]
    public void Each_handshake_has_its_own_keys()
    {
        (DtlsPeer server1, DtlsPeer client1) = DtlsPeer.Connect();
        (DtlsPeer server2, DtlsPeer client2) = DtlsPeer.Connect();
        Assert.NotEqual(server1.Session.ExportSrtpKeys(), server2.Session.ExportSrtpKeys());

        foreach (DtlsPeer peer in new[] { server1, client1, server2, client2 })
        {
            peer.Dispose();
        }
    }

    [Fact]
    public void The_suite_is_AES_128_GCM_and_no_datagram_exceeds_the_MTU()
    {
        using var server = new DtlsPeer(DtlsRole.Server);
        using var client = new DtlsPeer(DtlsRole.Client);
        server.Session.Start(nowMs: 0);
        Assert.Empty(server.Sent);
        client.Session.Start(nowMs: 0);
        var all = new List<byte[]>();

        while (client.Sent.Count > 0)
        {
            foreach (byte[] datagram in client.TakeSent())
            {
                all.Add(datagram);
                server.Session.Receive(datagram, nowMs: 0);
            }

            foreach (byte[] datagram in server.TakeSent())
            {
                all.Add(datagram);
                client.Session.Receive(datagram, nowMs: 0);
            }
        }

        Assert.Equal(DtlsState.Connected, client.Session.State);
        Assert.All(all, datagram => Assert.InRange(datagram.Length, 1, DtlsSession.Mtu));
        Assert.DoesNotContain(all, datagram => HandshakeType(datagram) == HelloVerifyRequest);
        Assert.Equal(EcdheEcdsaAes128Gcm, CipherSuite(Assert.Single(all, datagram => HandshakeType(datagram) == ServerHello)));
    }

    [Theory]
    [InlineData("chromium-lite-sfu-passive-gcm128", 7)]
    [InlineData("chromium-sfu-passive-gcm256", 7)]
    [InlineData("firefox-lite-sfu-passive-gcm128", 7)]
    public void A_browsers_ClientHello_in_two_datagrams_is_answered_with_our_choice(string recording, ushort profile)
    {
        byte[][] hello = RecordedDatagrams(recording, fromClient: true).Take(2).ToArray();
        using var server = new DtlsPeer(DtlsRole.Server);

        server.Session.Receive(hello[0], nowMs: 0);
        Assert.Empty(server.Sent);
        server.Session.Receive(hello[1], nowMs: 0);

        byte[] flight = Assert.Single(server.TakeSent());
        Assert.Equal(ServerHello, HandshakeType(flight));
        Assert.Equal(EcdheEcdsaAes128Gcm, CipherSuite(flight));
        Assert.Equal([0, 14, 0, 5, 0, 2, 0, (byte)profile, 0], FindExtension(flight, 14, length: 5));
        Assert.Equal([0, 23, 0, 0], FindExtension(flight, 23, length: 0));
        Assert.Equal(DtlsState.Handshaking, server.Session.State);
    }

    [Fact]
    public void The_fragments_of_a_ClientHello_may_arrive_in_the_wrong_order()
    {
        byte[][] hello = RecordedDatagrams("firefox-lite-sfu-passive-gcm128", fromClient: true).Take(2).ToArray();
        using var server = new DtlsPeer(DtlsRole.Server);

        server.Session.Receive(hello[1], nowMs: 0);
        server.Session.Receive(hello[0], nowMs: 0);

        Assert.Equal(ServerHello, HandshakeType(Assert.Single(server.Sent)));
    }

    [Fact]
    [Trait("Spec", "media-28")]
    public void Cookies_are_answered_as_client_and_not_asked_for_as_server_even_if_the_ClientHello_is_fragmented()
    {
        // As client of a peer that sends HelloVerifyRequest.
        using DtlsCertificate certificate = DtlsPeer.NewCertificate();
        using var cookieContext = new DtlsContext(certificate);
        CookieExchange.Require(cookieContext);
        using var cookieServer = new DtlsPeer(DtlsRole.Server, cookieContext);
        using var client = new DtlsPeer(DtlsRole.Client, remote: cookieContext.Fingerprint);
        client.Session.Start(nowMs: 0);
        cookieServer.Session.Receive(Assert.Single(client.TakeSent()), nowMs: 0);
        byte[] verify = Assert.Single(cookieServer.TakeSent());
        Assert.Equal(HelloVerifyRequest, HandshakeType(verify));
        client.Session.Receive(verify, nowMs: 0);
        DtlsPeer.Exchange(client, cookieServer);
        Assert.Equal(DtlsState.Connected, client.Session.State);
        Assert.Equal(DtlsState.Connected, cookieServer.Session.State);

        // As server of a peer whose ClientHello takes two datagrams.
        using var server = new DtlsPeer(DtlsRole.Server);
        using var fragmenting = new DtlsPeer(DtlsRole.Client);
        fragmenting.Session.Start(nowMs: 0);
        byte[] hello = Assert.Single(fragmenting.TakeSent());
        Assert.Equal(ClientHello, HandshakeType(hello));
        (byte[] first, byte[] second) = SplitHandshakeMessage(hello);
        server.Session.Receive(first, nowMs: 0);
        Assert.Empty(server.Sent);
        server.Session.Receive(second, nowMs: 0);
        Assert.Equal(ServerHello, HandshakeType(server.Sent[0]));
        DtlsPeer.Exchange(fragmenting, server);
        Assert.Equal(DtlsState.Connected, fragmenting.Session.State);
        Assert.Equal(DtlsState.Connected, server.Session.State);
    }

    [Fact]
    [Trait("Spec", "media-30")]
    public void A_certificate_that_signaling_did_not_announce_fails_the_session_before_any_key_exists()
    {
        DtlsFingerprint other = DtlsPeer.ServerContext.Fingerprint;
        using var server = new DtlsPeer(DtlsRole.Server, remote: other);
        using var client = new DtlsPeer(DtlsRole.Client);
        client.Session.Start(nowMs: 0);
        DtlsPeer.Exchange(client, server);

        Assert.Equal(DtlsState.Failed, server.Session.State);
        Assert.Equal(DtlsFailure.FingerprintMismatch, server.Session.Failure);
        Assert.Throws<InvalidOperationException>(server.Session.ExportSrtpKeys);
        Assert.Null(server.Session.DeadlineMs);

        // Our Finished was held back, so the stranger has no session either.
        Assert.Equal(DtlsState.Handshaking, client.Session.State);

        using var server2 = new DtlsPeer(DtlsRole.Server);
        using var client2 = new DtlsPeer(DtlsRole.Client, remote: DtlsPeer.ClientContext.Fingerprint);
        client2.Session.Start(nowMs: 0);
        DtlsPeer.Exchange(client2, server2);
        Assert.Equal(DtlsFailure.FingerprintMismatch, client2.Session.Failure);
    }

    [Fact]
    public void A_handshake_without_an_announced_fingerprint_fails()
    {
        using var server = new DtlsPeer(DtlsRole.Server);
        using var client = new DtlsPeer(DtlsRole.Client);
        server.Session.SetRemoteFingerprints([]);
        client.Session.Start(nowMs: 0);
        DtlsPeer.Exchange(client, server);
        Assert.Equal(DtlsFailure.FingerprintMissing, server.Session.Failure);
    }

    [Fact]
    public void Any_one_of_several_fingerprints_suffices()
    {
        using var server = new DtlsPeer(DtlsRole.Server);
        using var client = new DtlsPeer(DtlsRole.Client);
        server.Session.SetRemoteFingerprints([DtlsPeer.ServerContext.Fingerprint, DtlsPeer.ClientContext.Fingerprint]);
        client.Session.Start(nowMs: 0);
        DtlsPeer.Exchange(client, server);
        Assert.Equal(DtlsState.Connected, server.Session.State);
    }

    [Fact]
    public void A_peer_without_extended_master_secret_is_refused()
    {
        const ulong NoExtendedMasterSecret = 1;
        using DtlsCertificate certificate = DtlsPeer.NewCertificate();
        using var context = new DtlsContext(certificate);
        OpenSsl.SSL_CTX_set_options(context.Handle, NoExtendedMasterSecret);
        (DtlsPeer server, DtlsPeer client) = DtlsPeer.Connect(clientContext: context);
        Assert.Equal(DtlsFailure.NoExtendedMasterSecret, server.Session.Failure);
        server.Dispose();
        client.Dispose();
    }

    [Fact]
    public void A_peer_without_a_common_SRTP_profile_is_refused()
    {
        using DtlsCertificate serverCertificate = DtlsPeer.NewCertificate();
        using DtlsCertificate clientCertificate = DtlsPeer.NewCertificate();
        using var gcmOnly = new DtlsContext(serverCertificate, [7]);
        using var cmOnly = new DtlsContext(clientCertificate, [1]);
        (DtlsPeer server, DtlsPeer client) = DtlsPeer.Connect(gcmOnly, cmOnly);
        Assert.Equal(DtlsFailure.NoSrtpProfile, server.Session.Failure);
        server.Dispose();
        client.Dispose();
    }

    [Fact]
    public unsafe void A_peer_with_CBC_suites_only_is_refused_with_an_alert()
    {
        using DtlsCertificate certificate = DtlsPeer.NewCertificate();
        using var context = new DtlsContext(certificate);

        fixed (byte* list = "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA\0"u8)
        {
            Assert.Equal(1, OpenSsl.SSL_CTX_set_cipher_list(context.Handle, list));
        }

        (DtlsPeer server, DtlsPeer client) = DtlsPeer.Connect(clientContext: context);
        Assert.Equal(DtlsFailure.Protocol, server.Session.Failure);
        Assert.Contains("no shared cipher", server.Session.FailureDetail);
        Assert.Equal(DtlsFailure.PeerAlert, client.Session.Failure);
        server.Dispose();
        client.Dispose();
    }

    private static void AssertSrtpWorks(DtlsSession server, DtlsSession client)
    {
        Assert.True(SrtpKeyingMaterial.TryCreate(server.SelectedSrtpProfile, server.ExportSrtpKeys(), out SrtpKeyingMaterial? ours));
        Assert.True(SrtpKeyingMaterial.TryCreate(client.SelectedSrtpProfile, client.ExportSrtpKeys(), out SrtpKeyingMaterial? theirs));
        byte[] buffer = new byte[100];

        using (SrtpOutbound outbound = ours.CreateOutbound(SrtpSide.DtlsServer))
        using (SrtpInbound inbound = theirs.CreateInbound(SrtpSide.DtlsClient))
        {
            int length = outbound.Protect(buffer, SrtpPair.WriteRtp(buffer, ssrc: 7, sequenceNumber: 1), rolloverCounter: 0);
            Assert.Equal(SrtpResult.Ok, inbound.TryUnprotect(buffer.AsSpan(0, length), out _));
        }
    }

    private static IEnumerable<byte[]> RecordedDatagrams(string recording, bool fromClient) =>
        from line in File.ReadLines(Path.Combine(RecordedPacket.Directory, recording + ".hex"))
        where !line.StartsWith('#')
        let fields = line.Split(' ')
        where fields[1] == "A" && fields[2] == (fromClient ? "c2s" : "s2c") && fields[3].StartsWith("dtls", StringComparison.Ordinal)
        select Convert.FromHexString(fields[4]);

    // Record header 13 bytes, handshake header 12: type, length 3, message_seq 2, fragment_offset 3, fragment_length 3.
    private static byte HandshakeType(byte[] datagram) => datagram[0] == 22 && datagram[4] == 0 ? datagram[13] : (byte)0;

    // ServerHello: version 2, random 32, session id, cipher suite.
    private static ushort CipherSuite(byte[] datagram) => BinaryPrimitives.ReadUInt16BigEndian(datagram.AsSpan(25 + 35 + datagram[25 + 34]));

    private static byte[] FindExtension(byte[] flight, byte type, byte length)
    {
        ReadOnlySpan<byte> start = [0, type, 0, length];
        int at = flight.AsSpan(25, 100).IndexOf(start);
        Assert.True(at >= 0, $"extension {type}");
        return flight[(25 + at)..(25 + at + 4 + length)];
    }

    private static (byte[] First, byte[] Second) SplitHandshakeMessage(byte[] datagram)
    {
        const int Header = 25;
        int length = datagram.Length - Header;
        int half = length / 2;
        return (Fragment(sequence: 0, 0, half), Fragment(sequence: 1, half, length - half));

        byte[] Fragment(byte sequence, int offset, int count)
        {
            byte[] fragment = [.. datagram.AsSpan(0, Header), .. datagram.AsSpan(Header + offset, count)];
            fragment[10] = sequence;
            BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(11), (ushort)(12 + count));
            BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(20), (ushort)offset);
            BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(23), (ushort)count);
            return fragment;
        }
    }

    /// <summary>Makes a context ask for cookies as Pion does, which ours never do.</summary>
    private static unsafe class CookieExchange
    {
        private const ulong OptionCookieExchange = 0x2000;

        public static void Require(DtlsContext context)
        {
            nint library = OpenSslLibrary.Load(OpenSslLibrary.Candidates(null, OperatingSystem.IsMacOS()), NativeLibrary.Load).Ssl;
            nint handle = context.Handle.DangerousGetHandle();
            ((delegate* unmanaged<nint, delegate* unmanaged<nint, byte*, uint*, int>, void>)
                NativeLibrary.GetExport(library, "SSL_CTX_set_cookie_generate_cb"))(handle, &Generate);
            ((delegate* unmanaged<nint, delegate* unmanaged<nint, byte*, uint, int>, void>)
                NativeLibrary.GetExport(library, "SSL_CTX_set_cookie_verify_cb"))(handle, &Verify);
            OpenSsl.SSL_CTX_set_options(context.Handle, OptionCookieExchange);
        }

        [UnmanagedCallersOnly]
        private static int Generate(nint ssl, byte* cookie, uint* length)
        {
            new Span<byte>(cookie, 20).Fill(0xC0);
            *length = 20;
            return 1;
        }

        [UnmanagedCallersOnly]
        private static int Verify(nint ssl, byte* cookie, uint length) =>
            new ReadOnlySpan<byte>(cookie, (int)length).IndexOfAnyExcept((byte)0xC0) < 0 && length == 20 ? 1 : 0;
    }
}
