using System.Text;
using Calls.Rtc.Crypto;
using Calls.Rtc.Ice;
using Calls.Rtc.Stun;
using Calls.Rtc.Tests.Stun;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Ice;

public sealed class IceLiteAgentTests
{
    private const string PeerUfrag = "peer";

    // Priorities as Chromium's checks carry them: any UDP path above any TCP path.
    private const uint UdpPriority = 0x6E7F1EFF;
    private const uint TcpPriority = 0x507F1EFF;

    private readonly IceCredentials _local = IceCredentials.Create();
    private readonly TestPath _udp = new("192.0.2.10:50000");
    private readonly TestPath _tcp = new("192.0.2.10:50001", isTcp: true);
    private readonly byte[] _response = new byte[StunWriter.MaxSize];
    private readonly IceLiteAgent _agent;

    public IceLiteAgentTests()
    {
        _agent = new(_local, PeerUfrag, nowMs: 0);
    }

    [Fact]
    public void A_check_is_answered_to_its_source_address()
    {
        IceAnswer answer = Check(_udp, atMs: 10);

        Assert.True(StunMessageView.TryParse(_response.AsSpan(0, answer.Length), out StunMessageView response));
        Assert.Equal(StunMessageType.BindingSuccess, response.Type);
        Assert.True(response.TryGetMappedAddress(out TransportAddress mapped));
        Assert.Equal(_udp.Remote, mapped);
        Assert.True(response.HasIntegrity(_local.IntegrityKey));
        Assert.Equal(IceChanges.PathValidated, answer.Changes);
        Assert.Equal(IceConnectionState.Checking, _agent.State);
    }

    [Fact]
    public void A_path_is_usable_once_checked_and_selected_once_nominated()
    {
        Check(_udp, atMs: 10);
        Assert.Null(_agent.SelectedPath);
        Assert.Same(_udp, _agent.SendPath);

        IceAnswer answer = Check(_udp, atMs: 60, nominate: true);

        Assert.Equal(IceChanges.SelectedPathChanged | IceChanges.StateChanged, answer.Changes);
        Assert.Same(_udp, _agent.SelectedPath);
        Assert.Equal(IceConnectionState.Connected, _agent.State);
    }

    [Fact]
    public void A_check_with_a_wrong_password_or_name_is_refused_and_leaves_no_trace()
    {
        Assert.Equal(IceAuthentication.BadIntegrity, Authenticate(Request(_local, PeerUfrag, password: "wrong")));
        Assert.Equal(IceAuthentication.WrongUsername, Authenticate(Request(_local, "other")));
        Assert.Equal(IceAuthentication.WrongUsername, Authenticate(Request(IceCredentials.Create(), PeerUfrag)));
        Assert.Equal(IceAuthentication.Ok, Authenticate(Request(_local, PeerUfrag)));

        byte[] bare = new byte[StunFormat.HeaderSize];
        StunWriter.WriteDiscovery(bare, "0123456789AB"u8);
        Assert.Equal(IceAuthentication.WrongUsername, Authenticate(bare));

        byte[] response = new byte[StunWriter.MaxSize];
        int length = StunWriter.WriteBindingSuccess(response, "0123456789AB"u8, _udp.Remote, _local.IntegrityKey);
        Assert.Equal(IceAuthentication.NotARequest, Authenticate(response[..length]));

        byte[] badFingerprint = Request(_local, PeerUfrag);
        badFingerprint[^1] ^= 1;
        Assert.Equal(IceAuthentication.BadFingerprint, Authenticate(badFingerprint));

        Assert.Equal(0, _agent.PathCount);
        Assert.Null(_agent.SendPath);
    }

    [Fact]
    public void Every_recorded_check_of_a_browser_is_accepted()
    {
        int checks = 0;
        foreach (RecordedStun recorded in RecordedStun.All.Where(recorded => recorded.FromBrowser && recorded.IsRequest))
        {
            Assert.True(IceCredentials.TryCreate(recorded.SfuUfrag, recorded.Password, out IceCredentials? sfu));
            var agent = new IceLiteAgent(sfu, recorded.BrowserUfrag, nowMs: 0);
            Assert.True(StunMessageView.TryParse(recorded.Datagram, out StunMessageView request));

            Assert.Equal(IceAuthentication.Ok, agent.Authenticate(request));

            IceAnswer answer = agent.Answer(request, _udp, 0, _response);
            Assert.InRange(answer.Length, 1, recorded.Datagram.Length + 12);
            Assert.Equal(request.UseCandidate ? _udp : null, agent.SelectedPath);
            checks++;
        }

        Assert.True(checks > 0);
    }

    [Fact]
    [Trait("Spec", "media-18")]
    public void A_controlled_peer_gets_487_and_connects_as_controlling()
    {
        IceAnswer conflict = Check(_udp, atMs: 0, nominate: true, controlling: false);

        Assert.True(StunMessageView.TryParse(_response.AsSpan(0, conflict.Length), out StunMessageView response));
        Assert.Equal(487, response.ErrorCode);
        Assert.True(response.HasIntegrity(_local.IntegrityKey));
        Assert.Equal(IceChanges.None, conflict.Changes);
        Assert.Equal(0, _agent.PathCount);

        Check(_udp, atMs: 50, nominate: true);
        Assert.Equal(IceConnectionState.Connected, _agent.State);
    }

    [Fact]
    public void A_connection_over_tcp_moves_to_udp_with_its_nomination()
    {
        Check(_tcp, atMs: 0, nominate: true);
        Check(_udp, atMs: 1_000);
        Assert.Same(_tcp, _agent.SelectedPath);

        IceAnswer answer = Check(_udp, atMs: 1_050, nominate: true);

        Assert.True(answer.Changes.HasFlag(IceChanges.SelectedPathChanged));
        Assert.Same(_udp, _agent.SelectedPath);
        Assert.Equal(IceConnectionState.Connected, _agent.State);
    }

    [Fact]
    public void A_connection_that_has_ended_is_left_at_once_although_its_nomination_still_counts()
    {
        Check(_tcp, atMs: 0, nominate: true);
        Check(_udp, atMs: 10);
        _agent.OnPathClosed(_tcp, nowMs: 20);

        Assert.Same(_udp, _agent.SelectedPath);
        Assert.Same(_udp, _agent.SendPath);
        Assert.Equal(1, _agent.PathCount);
        _agent.OnPathClosed(_tcp, nowMs: 30);
        Assert.Same(_udp, _agent.SelectedPath);
    }

    [Fact]
    public void The_only_path_is_kept_when_its_connection_has_ended_and_gives_way_to_any_other()
    {
        Check(_udp, atMs: 0, nominate: true);
        _agent.OnPathClosed(_udp, nowMs: 10);
        Assert.Equal((1, IceConnectionState.Connected), (_agent.PathCount, _agent.State));

        Check(_tcp, atMs: 20, nominate: true);
        Assert.Same(_tcp, _agent.SelectedPath);
        _agent.OnPathClosed(_tcp, nowMs: 30);
        Assert.Equal(IceChanges.StateChanged, _agent.Advance(30_020));
        Assert.Equal(IceConnectionState.Failed, _agent.State);
    }

    [Fact]
    [Trait("Spec", "media-15")]
    public void A_worse_path_is_followed_only_after_the_better_nomination_has_lapsed()
    {
        // Alternating nominations at start-up do not flap.
        for (int ms = 0; ms < 2_000; ms += 100)
        {
            Check(_udp, ms, nominate: true);
            Check(_tcp, ms + 50, nominate: true);
            Assert.Same(_udp, _agent.SelectedPath);
        }

        // The last nomination of the UDP path was at 1900 ms.
        Check(_tcp, atMs: 5_800, nominate: true);
        Assert.Same(_udp, _agent.SelectedPath);
        Assert.Equal(5_900, _agent.NextDeadlineMs);

        Assert.Equal(IceChanges.SelectedPathChanged, _agent.Advance(5_900));
        Assert.Same(_tcp, _agent.SelectedPath);
    }

    [Fact]
    public void A_single_nomination_holds_as_long_as_no_other_comes()
    {
        Check(_udp, atMs: 0, nominate: true);
        Check(_tcp, atMs: 10);
        for (int ms = 5_000; ms <= 120_000; ms += 5_000)
        {
            Check(_udp, ms);
            Check(_tcp, ms);
            Assert.Same(_udp, _agent.SelectedPath);
        }
    }

    [Fact]
    public void A_rebound_peer_is_followed_to_its_new_port()
    {
        var rebound = new TestPath("192.0.2.10:61234");
        Check(_udp, atMs: 0, nominate: true);

        Check(rebound, atMs: 2_600);
        Assert.Same(_udp, _agent.SelectedPath);
        Check(rebound, atMs: 2_700, nominate: true);

        Assert.Same(rebound, _agent.SelectedPath);
    }

    [Fact]
    public void Silence_disconnects_after_5_s_and_fails_after_30_s_once()
    {
        Check(_udp, atMs: 1_000, nominate: true);

        Assert.Equal(IceChanges.None, _agent.Advance(5_999));
        Assert.Equal(6_000, _agent.NextDeadlineMs);
        Assert.Equal(IceChanges.StateChanged, _agent.Advance(6_000));
        Assert.Equal(IceConnectionState.Disconnected, _agent.State);
        Assert.Equal(31_000, _agent.NextDeadlineMs);
        Assert.Equal(IceChanges.None, _agent.Advance(30_999));
        Assert.Equal(IceChanges.StateChanged, _agent.Advance(31_000));
        Assert.Equal(IceConnectionState.Failed, _agent.State);

        Assert.Equal(IceChanges.None, _agent.Advance(40_000));
        Assert.False(Check(_udp, atMs: 41_000, nominate: true).Changes.HasFlag(IceChanges.StateChanged));
        Assert.Equal(long.MaxValue, _agent.NextDeadlineMs);
    }

    [Fact]
    public void Media_keeps_the_session_connected_but_is_no_consent()
    {
        Check(_udp, atMs: 0, nominate: true);
        for (int ms = 20; ms < IceLiteAgent.FailedAfterMs; ms += 20)
        {
            _agent.OnAuthenticatedPacket(ms);
            _agent.Advance(ms);
            Assert.Equal(IceConnectionState.Connected, _agent.State);
        }

        _agent.Advance(IceLiteAgent.FailedAfterMs);

        Assert.Equal(IceConnectionState.Failed, _agent.State);
    }

    [Fact]
    public void A_disconnected_session_recovers_with_the_next_packet()
    {
        Check(_udp, atMs: 0, nominate: true);
        _agent.Advance(6_000);

        _agent.OnAuthenticatedPacket(7_000);

        Assert.Equal(IceChanges.StateChanged, _agent.Advance(7_001));
        Assert.Equal(IceConnectionState.Connected, _agent.State);
    }

    [Fact]
    public void Thirty_seconds_without_a_nomination_fail()
    {
        for (int ms = 0; ms < 30_000; ms += 500)
        {
            Check(_udp, ms);
        }

        Assert.Equal(30_000, _agent.NextDeadlineMs);
        _agent.Advance(30_000);

        Assert.Equal(IceConnectionState.Failed, _agent.State);
    }

    [Fact]
    public void A_ninth_path_replaces_the_one_checked_longest_ago_but_never_the_selected_one()
    {
        Check(_udp, atMs: 0, nominate: true);
        var oldest = new TestPath("192.0.2.11:1");
        Check(oldest, atMs: 1);
        for (int i = 2; i < IceLiteAgent.MaxPaths; i++)
        {
            Check(new TestPath($"192.0.2.11:{i}"), atMs: i);
        }

        Assert.Equal(IceLiteAgent.MaxPaths, _agent.PathCount);

        for (int i = 0; i < 100; i++)
        {
            IceAnswer answer = Check(new TestPath($"192.0.2.12:{i + 1}"), atMs: 100 + i);
            Assert.Equal(IceChanges.PathValidated | IceChanges.PathsReleased, answer.Changes);
            TransportPath released = Assert.Single(_agent.ReleasedPaths);
            Assert.NotSame(_udp, released);
            Assert.Equal(i == 0, released == oldest);
            Assert.Equal(IceLiteAgent.MaxPaths, _agent.PathCount);
        }

        Assert.Same(_udp, _agent.SelectedPath);
    }

    [Fact]
    public void A_path_without_checks_for_30_s_is_released_while_another_lives()
    {
        Check(_tcp, atMs: 0);
        for (int ms = 0; ms < 30_000; ms += 2_500)
        {
            Check(_udp, ms, nominate: true);
        }

        Assert.Equal(IceChanges.PathsReleased, _agent.Advance(30_000));

        Assert.Equal([_tcp], _agent.ReleasedPaths);
        Assert.Equal(IceConnectionState.Connected, _agent.State);
    }

    [Fact]
    public void Two_addresses_of_the_server_are_two_paths_and_the_first_is_preferred()
    {
        var second = new TestPath("192.0.2.10:50000", local: 1);
        for (int ms = 0; ms < 1_000; ms += 100)
        {
            Check(_udp, ms, nominate: true);
            Check(second, ms + 50, nominate: true);
            Assert.Same(_udp, _agent.SelectedPath);
        }

        Assert.Equal(2, _agent.PathCount);
    }

    [Fact]
    public void A_restart_keeps_the_old_pair_until_a_new_one_is_nominated()
    {
        Check(_udp, atMs: 0, nominate: true);
        IceCredentials renewed = IceCredentials.Create();
        var newPath = new TestPath("192.0.2.77:4000");

        _agent.Restart(renewed, "newpeer");

        // Consent checks of the old generation still count.
        Assert.Equal(IceChanges.None, Check(_udp, atMs: 2_500, nominate: true).Changes);
        Assert.Same(_udp, _agent.SelectedPath);
        Check(newPath, 2_600, credentials: renewed, peerUfrag: "newpeer");
        Assert.Same(_udp, _agent.SelectedPath);

        IceAnswer answer = Check(newPath, 2_700, nominate: true, credentials: renewed, peerUfrag: "newpeer");

        Assert.Equal(
            IceChanges.CredentialsRetired | IceChanges.PathsReleased | IceChanges.SelectedPathChanged, answer.Changes);
        Assert.Same(_local, _agent.RetiredCredentials);
        Assert.Equal([_udp], _agent.ReleasedPaths);
        Assert.Same(newPath, _agent.SelectedPath);
        Assert.Equal(IceConnectionState.Connected, _agent.State);
        Assert.Equal(IceAuthentication.WrongUsername, Authenticate(Request(_local, PeerUfrag)));
    }

    [Fact]
    public void A_restart_over_the_same_path_keeps_it_registered()
    {
        Check(_udp, atMs: 0, nominate: true);
        IceCredentials overtaken = IceCredentials.Create();
        IceCredentials renewed = IceCredentials.Create();

        _agent.Restart(overtaken, "newpeer");
        Assert.Null(_agent.RetiredCredentials);
        _agent.Restart(renewed, "newerpeer");
        Assert.Same(overtaken, _agent.RetiredCredentials);
        IceAnswer answer = Check(_udp, atMs: 100, nominate: true, credentials: renewed, peerUfrag: "newerpeer");

        Assert.Equal(IceChanges.CredentialsRetired, answer.Changes);
        Assert.Same(_local, _agent.RetiredCredentials);
        Assert.Same(_udp, _agent.SelectedPath);
    }

    [Fact]
    public void A_check_with_an_attribute_that_must_be_understood_gets_420()
    {
        byte[] plain = Request(_local, PeerUfrag);
        int bodyLength = plain.Length - StunFormat.HeaderSize - 24 - 8;
        byte[] body = [.. plain.AsSpan(StunFormat.HeaderSize, bodyLength), 0x7F, 0xFF, 0, 0];
        byte[] request = [.. plain.AsSpan(0, StunFormat.HeaderSize), .. body, 0, 8, 0, 20, .. new byte[20]];
        request[3] = (byte)(request.Length - StunFormat.HeaderSize);
        _local.IntegrityKey.Compute(request.AsSpan(0, request.Length - 24), request.AsSpan(request.Length - 20));
        Assert.True(StunMessageView.TryParse(request, out StunMessageView view));
        Assert.Equal(IceAuthentication.Ok, _agent.Authenticate(view));

        IceAnswer answer = _agent.Answer(view, _udp, 0, _response);

        Assert.True(StunMessageView.TryParse(_response.AsSpan(0, answer.Length), out StunMessageView response));
        Assert.Equal(420, response.ErrorCode);
        Assert.Equal(0, _agent.PathCount);
    }

    [Fact]
    public void A_repeated_check_allocates_nothing()
    {
        byte[] request = Request(_local, PeerUfrag, nominate: true);
        Exchange(request, 0);
        Exchange(request, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Exchange(request, 2);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private void Exchange(byte[] request, long atMs)
    {
        StunMessageView.TryParse(request, out StunMessageView view);
        if (_agent.Authenticate(view) == IceAuthentication.Ok)
        {
            _agent.Answer(view, _udp, atMs, _response);
            _agent.Advance(atMs);
        }
    }

    private IceAnswer Check(
        TestPath path,
        long atMs,
        bool nominate = false,
        bool controlling = true,
        IceCredentials? credentials = null,
        string peerUfrag = PeerUfrag)
    {
        uint priority = path.Remote.IsTcp ? TcpPriority : UdpPriority;
        byte[] request = Request(credentials ?? _local, peerUfrag, nominate, controlling, priority: priority);
        Assert.True(StunMessageView.TryParse(request, out StunMessageView view));
        Assert.Equal(IceAuthentication.Ok, _agent.Authenticate(view));
        return _agent.Answer(view, path, atMs, _response);
    }

    private IceAuthentication Authenticate(byte[] datagram)
    {
        Assert.True(StunMessageView.TryParse(datagram, out StunMessageView view));
        return _agent.Authenticate(view);
    }

    private static byte[] Request(
        IceCredentials server,
        string peerUfrag,
        bool nominate = false,
        bool controlling = true,
        string? password = null,
        uint priority = UdpPriority)
    {
        byte[] buffer = new byte[StunWriter.MaxSize];
        var check = new StunCheck
        {
            TransactionId = "0123456789AB"u8,
            Username = Encoding.ASCII.GetBytes($"{server.Ufrag}:{peerUfrag}"),
            Priority = priority,
            IsControlling = controlling,
            TieBreaker = 42,
            UseCandidate = nominate,
        };
        HmacSha1Key key = password is null ? server.IntegrityKey : new(Encoding.ASCII.GetBytes(password));
        return buffer[..StunWriter.WriteCheck(buffer, check, key)];
    }
}
