using System.Text;
using BenchmarkDotNet.Attributes;
using Calls.Rtc.Ice;
using Calls.Rtc.Stun;

namespace Calls.Benchmarks;

/// <summary>What does one connectivity check of a connected client cost?</summary>
public class AnswerCheck
{
    private readonly IceCredentials _local = IceCredentials.Create();
    private readonly BenchmarkPath _path = new(1);
    private readonly byte[] _request = new byte[StunWriter.MaxSize];
    private readonly byte[] _response = new byte[StunWriter.MaxSize];
    private IceLiteAgent _agent = null!;
    private int _length;
    private long _nowMs;

    [GlobalSetup]
    public void SetUp()
    {
        _agent = new(_local, "peer", nowMs: 0);
        _length = StunWriter.WriteCheck(
            _request,
            new()
            {
                TransactionId = "0123456789AB"u8,
                Username = Encoding.ASCII.GetBytes($"{_local.Ufrag}:peer"),
                Priority = 0x6E7F1EFF,
                IsControlling = true,
                TieBreaker = 42,
                UseCandidate = true,
            },
            _local.IntegrityKey);
    }

    [Benchmark]
    public int Answer()
    {
        _nowMs += 2_500;
        return StunMessageView.TryParse(_request.AsSpan(0, _length), out StunMessageView check) && _agent.Authenticate(check) == IceAuthentication.Ok
            ? _agent.Answer(check, _path, _nowMs, _response).Length
            : throw new InvalidOperationException("The check is refused.");
    }
}
