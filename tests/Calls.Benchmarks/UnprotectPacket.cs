using BenchmarkDotNet.Attributes;
using Calls.Rtc.Srtp;

namespace Calls.Benchmarks;

/// <summary>What does checking and decrypting one received packet cost?</summary>
public class UnprotectPacket
{
    private readonly byte[] _packet = new byte[1_500];
    private SrtpOutbound _client = null!;
    private SrtpInbound _server = null!;
    private RolloverCounter _counter;
    private ushort _sequenceNumber;

    [Params(SrtpProfile.AeadAes128Gcm, SrtpProfile.Aes128CmHmacSha1_80)]
    public SrtpProfile Profile { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        SrtpKeyingMaterial keys = BenchmarkKeys.Create(Profile);
        _client = keys.CreateOutbound(SrtpSide.DtlsClient);
        _server = keys.CreateInbound(SrtpSide.DtlsServer);
    }

    /// <summary>The client's half is in the figure too: a packet can be taken only once.</summary>
    [Benchmark]
    public int ProtectAndUnprotect()
    {
        VoicePacket.WriteHeader(_packet, ssrc: 1, _sequenceNumber);
        _counter.TryGet(_sequenceNumber++, out uint rolloverCounter);
        int length = _client.Protect(_packet, VoicePacket.Size, rolloverCounter);
        return _server.TryUnprotect(_packet.AsSpan(0, length), out int plain) == SrtpResult.Ok
            ? plain
            : throw new InvalidOperationException("Not authentic.");
    }
}
