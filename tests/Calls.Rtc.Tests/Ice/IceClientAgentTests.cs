using System.Net;
using Calls.Rtc.Ice;
using Calls.Rtc.Stun;

namespace Calls.Rtc.Tests.Ice;

public sealed class IceClientAgentTests
{
    private static readonly TransportAddress First = TransportAddress.From(IPEndPoint.Parse("203.0.113.7:8443"));
    private static readonly TransportAddress Second = TransportAddress.From(IPEndPoint.Parse("203.0.113.8:8443"));

    private readonly TestPath _clientAsSeen = new("192.0.2.10:50000");
    private readonly IceCredentials _client = IceCredentials.Create();
    private readonly IceCredentials _server = IceCredentials.Create();
    private readonly byte[] _datagram = new byte[StunWriter.MaxSize];
    private readonly byte[] _answer = new byte[StunWriter.MaxSize];
    private readonly IceClientAgent _agent;
    private readonly IceLiteAgent _lite;

    public IceClientAgentTests()
    {
        _agent = new(_client, _server, tieBreaker: 7, nowMs: 0);
        _lite = new(_server, _client.Ufrag, nowMs: 0);
    }

    [Fact]
    public void It_connects_to_a_lite_agent_with_its_first_check()
    {
        _agent.AddRemote(First, IcePriority.Host(false, 0));

        Assert.True(TryExchange(atMs: 0));

        Assert.Equal(IceConnectionState.Connected, _agent.State);
        Assert.Equal(First, _agent.Selected);
        Assert.Equal(_clientAsSeen.Remote, _agent.Mapped);
        Assert.Equal(IceConnectionState.Connected, _lite.State);
        Assert.Same(_clientAsSeen, _lite.SelectedPath);
    }

    [Fact]
    public void Unanswered_checks_are_repeated_after_500_ms_and_then_after_twice_as_long()
    {
        _agent.AddRemote(First, 1);
        var sentAt = new List<long>();
        byte[]? firstTransaction = null;
        for (long ms = 0; ms < 29_990; ms += 10)
        {
            int length = _agent.NextCheck(ms, _datagram, out _);
            if (length > 0)
            {
                sentAt.Add(ms);
                firstTransaction ??= _datagram[8..20];
                Assert.Equal(firstTransaction, _datagram[8..20]);
            }
        }

        Assert.Equal([0, 500, 1_500, 3_500, 7_500, 15_500], sentAt);
        Assert.Equal(IceConnectionState.Checking, _agent.State);
        _agent.NextCheck(30_000, _datagram, out _);
        Assert.Equal(IceConnectionState.Failed, _agent.State);
        Assert.Equal(long.MaxValue, _agent.NextDeadlineMs);
    }

    [Fact]
    public void Several_candidates_are_checked_50_ms_apart()
    {
        _agent.AddRemote(First, 1);
        _agent.AddRemote(Second, 2);

        Assert.True(_agent.NextCheck(0, _datagram, out TransportAddress destination) > 0);
        Assert.Equal(First, destination);
        Assert.Equal(0, _agent.NextCheck(49, _datagram, out _));
        Assert.True(_agent.NextCheck(50, _datagram, out destination) > 0);
        Assert.Equal(Second, destination);
    }

    [Fact]
    public void A_connection_is_kept_alive_every_2500_ms_with_nominating_checks()
    {
        _agent.AddRemote(First, 1);
        var sentAt = new List<long>();
        for (long ms = 0; ms <= 10_000; ms += 10)
        {
            if (TryExchange(ms))
            {
                sentAt.Add(ms);
            }
        }

        Assert.Equal([0, 10, 2_510, 5_010, 7_510], sentAt);
        Assert.Same(_clientAsSeen, _lite.SelectedPath);
        Assert.Equal(IceConnectionState.Connected, _agent.State);
    }

    [Fact]
    public void A_silent_server_is_disconnected_after_5_s_and_failed_after_30_s()
    {
        _agent.AddRemote(First, 1);
        TryExchange(atMs: 0);

        RunWithoutAnswers(from: 10, to: 4_990);
        Assert.Equal(IceConnectionState.Connected, _agent.State);
        RunWithoutAnswers(from: 5_000, to: 29_990);
        Assert.Equal(IceConnectionState.Disconnected, _agent.State);
        Assert.True(_agent.NextDeadlineMs > 29_990);
        RunWithoutAnswers(from: 30_000, to: 30_000);
        Assert.Equal(IceConnectionState.Failed, _agent.State);
    }

    [Fact]
    public void When_the_selected_candidate_falls_silent_another_that_answers_is_nominated()
    {
        _agent.AddRemote(First, 2_000_000_000);
        _agent.AddRemote(Second, 1_000_000_000);
        TryExchange(atMs: 0);
        TryExchange(atMs: 50);
        TryExchange(atMs: 60);
        Assert.Equal(First, _agent.Selected);

        for (long ms = 100; ms <= 8_000; ms += 10)
        {
            TryExchange(ms, deaf: First);
        }

        Assert.Equal(Second, _agent.Selected);
        Assert.Equal(IceConnectionState.Connected, _agent.State);
    }

    [Fact]
    public void An_answer_counts_only_with_the_right_transaction_source_and_password()
    {
        _agent.AddRemote(First, 1);
        _agent.NextCheck(0, _datagram, out _);
        byte[] transaction = _datagram[8..20];

        Answer(transaction, _client, First);
        Answer([.. transaction.Reverse()], _server, First);
        Answer(transaction, _server, Second);
        Assert.Equal(IceConnectionState.Checking, _agent.State);

        Answer(transaction, _server, First);
        Assert.Equal(IceConnectionState.Connected, _agent.State);
    }

    [Fact]
    public void A_check_of_a_full_server_is_answered_and_a_controlling_one_gets_487()
    {
        Assert.Equal(StunMessageType.BindingSuccess, Ask(isControlling: false, _client));
        Assert.Equal(StunMessageType.BindingError, Ask(isControlling: true, _client));
        Assert.Null(Ask(isControlling: false, IceCredentials.Create()));
    }

    [Fact]
    public void Candidates_beyond_the_limit_are_ignored()
    {
        for (int port = 1; port <= IceClientAgent.MaxPairs; port++)
        {
            Assert.True(_agent.AddRemote(First with { Port = (ushort)port }, 1));
        }

        Assert.False(_agent.AddRemote(Second, 1));
        Assert.False(_agent.AddRemote(First with { Port = 1 }, 1));
    }

    // One check of the client, answered by the lite agent unless its destination is deaf.
    private bool TryExchange(long atMs, TransportAddress? deaf = null)
    {
        int length = _agent.NextCheck(atMs, _datagram, out TransportAddress destination);
        if (length == 0 || destination == deaf)
        {
            return length > 0;
        }

        Assert.True(StunMessageView.TryParse(_datagram.AsSpan(0, length), out StunMessageView request));
        Assert.Equal(IceAuthentication.Ok, _lite.Authenticate(request));
        IceAnswer answer = _lite.Answer(request, _clientAsSeen, atMs, _answer);
        Assert.True(StunMessageView.TryParse(_answer.AsSpan(0, answer.Length), out StunMessageView response));
        Assert.Equal(0, _agent.Handle(response, destination, atMs, _datagram));
        return true;
    }

    private void RunWithoutAnswers(long from, long to)
    {
        for (long ms = from; ms <= to; ms += 10)
        {
            while (_agent.NextCheck(ms, _datagram, out _) > 0)
            {
            }
        }
    }

    private void Answer(byte[] transaction, IceCredentials keyOwner, TransportAddress source)
    {
        int length = StunWriter.WriteBindingSuccess(_answer, transaction, _clientAsSeen.Remote, keyOwner.IntegrityKey);
        Assert.True(StunMessageView.TryParse(_answer.AsSpan(0, length), out StunMessageView response));
        Assert.Equal(0, _agent.Handle(response, source, nowMs: 1, _datagram));
    }

    private StunMessageType? Ask(bool isControlling, IceCredentials keyOwner)
    {
        var check = new StunCheck
        {
            TransactionId = "0123456789AB"u8,
            Username = System.Text.Encoding.ASCII.GetBytes($"{_client.Ufrag}:{_server.Ufrag}"),
            Priority = 1,
            IsControlling = isControlling,
            TieBreaker = 1,
            UseCandidate = false,
        };
        int length = StunWriter.WriteCheck(_datagram, check, keyOwner.IntegrityKey);
        Assert.True(StunMessageView.TryParse(_datagram.AsSpan(0, length), out StunMessageView request));
        int answerLength = _agent.Handle(request, First, nowMs: 0, _answer);
        return StunMessageView.TryParse(_answer.AsSpan(0, answerLength), out StunMessageView answer) ? answer.Type : null;
    }
}
