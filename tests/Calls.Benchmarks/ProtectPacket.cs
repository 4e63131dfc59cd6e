using BenchmarkDotNet.Attributes;
using Calls.Rtc.Srtp;

namespace Calls.Benchmarks;

/// <summary>What does encrypting one packet for one receiver cost?</summary>
public class ProtectPacket
{
    private readonly byte[] _packet = new byte[1_500];
    private SrtpOutbound _outbound = null!;
    private ushort _sequenceNumber;

    [Params(SrtpProfile.AeadAes128Gcm, SrtpProfile.Aes128CmHmacSha1_80)]
    public SrtpProfile Profile { get; set; }

    /// <summary>Bytes: 20 ms of voice, and a full packet of video.</summary>
    [Params(120, 1_200)]
    public int Size { get; set; }

    [GlobalSetup]
    public void SetUp() => _outbound = BenchmarkKeys.Create(Profile).CreateOutbound(SrtpSide.DtlsServer);

    [Benchmark]
    public int Protect()
    {
        VoicePacket.WriteHeader(_packet, ssrc: 1, _sequenceNumber++);
        return _outbound.Protect(_packet, Size, rolloverCounter: 0);
    }
}
